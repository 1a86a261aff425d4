# MRNet, stage 1, and ClassMix, on the small network. ClassMix begins with the other terms of the target.
_base_ = './small_mrnet.py'

model = dict(
    objectives=[
        *_base_.model.objectives,
        dict(
            type='ClassMixSupervision',
            augmentation=dict(type='StrongAugmentation'),
            begin=2 / 3,
        ),
    ]
)
