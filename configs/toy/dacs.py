_base_ = [
    '../_base_/small_runtime.py',
    '../_base_/datasets/toy.py',
    '../_base_/methods/small_dacs.py',
    '../_base_/schedules/small_continued.py',
]
custom_hooks = [
    dict(type='StageCheckpointHook', work_dir='work_dirs/toy/source_only', config='configs/toy/source_only.py'),
    dict(type='AdaptiveBatchNormHook', scale=(257, 129)),
]
work_dir = 'work_dirs/toy/dacs'
