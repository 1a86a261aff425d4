# Source-only trained on for as long as self-training, with its crops: what self-training gains beyond this comes from
# the target.
_base_ = [
    '../_base_/small_runtime.py',
    '../_base_/datasets/toy.py',
    '../_base_/methods/small_source_only.py',
    '../_base_/schedules/small_continued.py',
]

source_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='LoadLabelIds'),
    dict(type='CenteredMiningCrop', crop_size=(129, 257), scales=(0.8, 0.9, 1.0, 1.1, 1.2)),
    dict(type='HorizontalFlip', prob=0.5),
    dict(type='PackSegInputs'),
]
train_dataloader = dict(dataset=dict(source=dict(pipeline=source_pipeline), target=None))
custom_hooks = [
    dict(type='StageCheckpointHook', work_dir='work_dirs/toy/source_only', config='configs/toy/source_only.py'),
]
work_dir = 'work_dirs/toy/source_continued'
