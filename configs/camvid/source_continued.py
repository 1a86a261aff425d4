# Source-only trained on for as long as self-training, with its crops: what self-training gains beyond this comes from
# the target.
_base_ = [
    '../_base_/small_runtime.py',
    '../_base_/datasets/camvid.py',
    '../_base_/methods/small_source_only.py',
    '../_base_/schedules/small_continued.py',
]
model = dict(segmentor=dict(decode_head=dict(num_classes=11)))

source_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='LoadLabelIds'),
    dict(type='CenteredMiningCrop', crop_size=(193, 257), scales=(0.428, 0.482, 0.535, 0.589, 0.643)),
    dict(type='HorizontalFlip', prob=0.5),
    dict(type='PackSegInputs'),
]
train_dataloader = dict(dataset=dict(source=dict(pipeline=source_pipeline), target=None))
custom_hooks = [
    dict(type='StageCheckpointHook', work_dir='work_dirs/camvid/source_only', config='configs/camvid/source_only.py'),
]
work_dir = 'work_dirs/camvid/source_continued'
