# DACS with a weight per image, ignored pixels that are not pasted, a correct conversion from HSV, and no wait for the
# device. The optimizer is that of gta2cs.py.
_base_ = './gta2cs.py'

model = dict(
    objectives=[
        dict(type='Supervision', view='source', loss=dict(type='PixelCrossEntropyLoss')),
        dict(
            type='ClassMixSupervision',
            draw=dict(type='DeviceClassDraw', mix_ignored=False),
            weighting=dict(type='ConfidentShare', threshold=0.968, of='image'),
            augmentation=dict(type='StrongAugmentation'),
            loss=dict(type='PixelWeightedCrossEntropyLoss'),
        ),
    ]
)
work_dir = 'work_dirs/dacs/gta2cs_corrected'
