# MRNet, stage 1, and ClassMix on the small network.
_base_ = [
    '../_base_/datasets/toy_129x257.py',
    '../_base_/methods/small_mrnet.py',
]
model = dict(objectives=_base_.classmix_objectives)
train_dataloader = _base_.source_and_target
custom_hooks = [dict(type='StageCheckpointHook', config='configs/toy/source_only.py'), *_base_.custom_hooks]
work_dir = 'work_dirs/toy/mrnet_classmix'
