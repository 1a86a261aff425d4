# MRNet, stage 1, and ClassMix.
_base_ = './gta2cs.py'

model = dict(
    objectives=[
        *_base_.model.objectives,
        dict(type='ClassMixSupervision', augmentation=dict(type='StrongAugmentation')),
    ]
)
work_dir = 'work_dirs/mrnet/gta2cs_classmix'
