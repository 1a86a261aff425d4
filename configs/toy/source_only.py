# The labeled source alone: where all methods start.
_base_ = [
    '../_base_/datasets/toy_129x257.py',
    '../_base_/methods/small_source_only.py',
]
train_dataloader = _base_.source_only
work_dir = 'work_dirs/toy/source_only'
