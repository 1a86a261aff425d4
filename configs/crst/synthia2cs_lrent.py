# CRST with label entropy regularization (LRENT).
_base_ = [
    '../_base_/rounds_runtime.py',
    '../_base_/datasets/synthia2cs_pool_600x900.py',
    '../_base_/methods/crst_lrent.py',
    '../_base_/schedules/crst_rounds.py',
]
model = dict(segmentor=dict(decode_head=dict(num_classes=16)))
target_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='LoadLabelIds'),
    dict(
        type='CenteredMiningCrop',
        crop_size=(600, 900),
        scales=(0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4, 1.5),
        resize='published',
    ),
    dict(type='HorizontalFlip', prob=0.5),
    dict(type='PackSoftLabels'),
]
train_dataloader = dict(dataset=dict(target=dict(pipeline=target_pipeline)))
train_cfg = dict(
    num_rounds=4,
    source=dict(portion=dict(start=0.02), seed=0),
    labels=dict(keep_cached_logits=True, labeler=dict(_delete_=True, type='EntropyRegularizedLabeler', alpha=0.25)),
)
custom_hooks = [
    dict(
        type='StageCheckpointHook',
        work_dir='work_dirs/cbst/source_only_synthia2cs_dlv2',
        config='configs/cbst/source_only_synthia2cs_dlv2.py',
    ),
]
work_dir = 'work_dirs/crst/synthia2cs_lrent'
