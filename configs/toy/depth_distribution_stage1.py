# Depth Distribution, stage 1, on the small network, 7 classes.
_base_ = [
    '../_base_/datasets/toy_depth_129x257.py',
    '../_base_/methods/small_depth_distribution.py',
]
train_dataloader = _base_.grid_7
val_dataloader = test_dataloader = _base_.val_7
work_dir = 'work_dirs/toy/depth_distribution_stage1'
