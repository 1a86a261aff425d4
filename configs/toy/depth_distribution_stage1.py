# Depth Distribution, stage 1, on the small network, 16 classes.
_base_ = [
    '../_base_/datasets/toy_depth_129x257.py',
    '../_base_/methods/small_depth_distribution.py',
]
train_dataloader = _base_.grid
work_dir = 'work_dirs/toy/depth_distribution_stage1'
