# The control of methods that change colors: the source alone, with random colors.
_base_ = [
    '../_base_/datasets/toy_129x257.py',
    '../_base_/methods/small_source_continued.py',
]
train_dataloader = _base_.source_continued_colors
custom_hooks = [dict(type='StageCheckpointHook', config='configs/toy/source_only.py')]
work_dir = 'work_dirs/toy/source_continued_colors'
