# CRST with label entropy regularization (LRENT) on the small network.
_base_ = [
    '../_base_/small_runtime.py',
    '../_base_/datasets/toy_pool.py',
    '../_base_/methods/small_lrent.py',
    '../_base_/schedules/small_rounds.py',
]
target_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='LoadLabelIds'),
    dict(type='CenteredMiningCrop', crop_size=(129, 257), scales=(0.8, 0.9, 1.0, 1.1, 1.2)),
    dict(type='HorizontalFlip', prob=0.5),
    dict(type='PackSoftLabels'),
]
train_dataloader = dict(dataset=dict(target=dict(pipeline=target_pipeline)))
custom_hooks = [
    dict(type='StageCheckpointHook', work_dir='work_dirs/toy/source_only', config='configs/toy/source_only.py'),
    dict(type='AdaptiveBatchNormHook', scale=(257, 129)),
]
train_cfg = dict(
    labels=dict(
        keep_cached_logits=True,
        predictor=dict(type='LogitMapPredictor', scale=(257, 129)),
        labeler=dict(_delete_=True, type='EntropyRegularizedLabeler', alpha=0.25),
    )
)
work_dir = 'work_dirs/toy/crst_lrent'
