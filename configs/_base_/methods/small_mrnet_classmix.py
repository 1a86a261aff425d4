# MRNet, stage 1, and ClassMix, on the small network.
_base_ = './small_mrnet.py'

model = dict(
    objectives=[
        *_base_.model.objectives,
        dict(type='ClassMixSupervision', augmentation=dict(type='StrongAugmentation')),
    ]
)
