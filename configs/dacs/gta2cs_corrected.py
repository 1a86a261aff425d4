# DACS with a weight per image, ignored pixels that are not pasted, a correct conversion from HSV, and no wait for the
# device. The optimizer is that of gta2cs.py.
_base_ = './gta2cs.py'

model = dict(
    objectives=[
        dict(type='Supervision', view='source', loss=dict(type='PixelCrossEntropyLoss')),
        dict(
            type='ClassMixSupervision',
            threshold=0.968,
            weighting='image',
            draw='device',
            mix_ignored=False,
            augmentation=dict(type='StrongAugmentation'),
        ),
    ]
)
work_dir = 'work_dirs/dacs/gta2cs_corrected'
