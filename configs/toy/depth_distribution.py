# Depth Distribution on the small network, 16 classes: stage 1, if it is not there, pseudo labels, stage 2.
_base_ = [
    '../_base_/datasets/toy_depth_129x257.py',
    '../_base_/methods/small_depth_distribution_stage2.py',
]
train_dataloader = _base_.pool_without_source
custom_hooks = [
    dict(type='StageCheckpointHook', config='configs/toy/depth_distribution_stage1.py', train=True),
]
work_dir = 'work_dirs/toy/depth_distribution'
