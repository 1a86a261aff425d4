# CRST with label entropy regularization (LRENT) on the small network.
_base_ = [
    '../_base_/small_runtime.py',
    '../_base_/datasets/camvid_pool.py',
    '../_base_/methods/small_lrent.py',
    '../_base_/schedules/small_rounds.py',
]
model = dict(segmentor=dict(decode_head=dict(num_classes=11)))
target_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='LoadLabelIds'),
    dict(type='CenteredMiningCrop', crop_size=(193, 257), scales=(0.428, 0.482, 0.535, 0.589, 0.643)),
    dict(type='HorizontalFlip', prob=0.5),
    dict(type='PackSoftLabels'),
]
train_dataloader = dict(dataset=dict(target=dict(pipeline=target_pipeline)))
custom_hooks = [
    dict(type='StageCheckpointHook', work_dir='work_dirs/camvid/source_only', config='configs/camvid/source_only.py'),
    dict(type='AdaptiveBatchNormHook', scale=(257, 193)),
]
train_cfg = dict(
    labels=dict(
        keep_cached_logits=True,
        predictor=dict(type='LogitMapPredictor', scale=(257, 193)),
        labeler=dict(_delete_=True, type='EntropyRegularizedLabeler', alpha=0.25),
    )
)
work_dir = 'work_dirs/camvid/crst_lrent'
