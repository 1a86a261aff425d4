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
            threshold=0.968,
            weighting='image',
            draw='device',
            mix_ignored=False,
            augmentation=dict(type='StrongAugmentation'),
        ),
    ]
)
work_dir = 'work_dirs/dacs/gta2cs_corrected'
