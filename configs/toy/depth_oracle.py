# No method: trained from scratch on labels of the target, 16 classes.
_base_ = [
    '../_base_/datasets/toy_depth_129x257.py',
    '../_base_/methods/small_depth_source_only.py',
]
train_dataloader = _base_.oracle
work_dir = 'work_dirs/toy/depth_oracle'
