# The control of second stages: trained on for as long as both stages.
_base_ = [
    '../_base_/datasets/toy_129x257.py',
    '../_base_/methods/small_source_continued.py',
]
train_dataloader = _base_.source_only
custom_hooks = [dict(type='StageCheckpointHook', config='configs/toy/source_continued.py')]
work_dir = 'work_dirs/toy/source_continued_twice'
