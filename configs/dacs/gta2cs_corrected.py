# DACS with a weight per image, ignored pixels that are not pasted, a correct conversion from HSV, and no wait for the
# device. The optimizer is that of gta2cs.py.
_base_ = [
    '../_base_/datasets/gta2cs_512x512.py',
    '../_base_/models/deeplabv2_r101_two_branches.py',
    '../_base_/methods/dacs.py',
]
model = dict(
    objectives=[
        *_base_.source_objectives,
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
