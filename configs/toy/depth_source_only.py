# The labeled source alone, 16 classes: what methods with depth are compared with.
_base_ = [
    '../_base_/datasets/toy_depth_129x257.py',
    '../_base_/methods/small_depth_source_only.py',
]
train_dataloader = _base_.source_only
work_dir = 'work_dirs/toy/depth_source_only'
