# The baseline of MRNet: the source alone, with its random colors.
_base_ = [
    '../_base_/datasets/toy_129x257.py',
    '../_base_/methods/small_source_only.py',
]
train_dataloader = _base_.source_only_colors
work_dir = 'work_dirs/toy/source_only_colors'
