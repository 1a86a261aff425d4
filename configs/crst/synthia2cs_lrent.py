# CRST with label entropy regularization (LRENT).
_base_ = [
    '../_base_/datasets/synthia2cs_pool_600x900.py',
    '../_base_/models/deeplabv2_r101.py',
    '../_base_/methods/crst.py',
]
model = dict(
    segmentor=dict(
        backbone=dict(init_cfg=None),  # StageCheckpointHook gives the weights
        decode_head=dict(num_classes=16),
    ),
    objectives=_base_.lrent_objectives,
)
soft_pipeline = [*_base_.target_pipeline[:-1], dict(type='PackSoftLabels')]
train_dataloader = dict(dataset=dict(target=dict(pipeline=soft_pipeline)))
train_cfg = dict(
    num_rounds=4,
    source=dict(portion=dict(start=0.02), seed=0),
    labels=dict(keep_cached_logits=True, labeler=dict(_delete_=True, type='EntropyRegularizedLabeler', alpha=0.25)),
)
custom_hooks = [dict(type='StageCheckpointHook', config='configs/cbst/source_only_synthia2cs_dlv2.py')]
work_dir = 'work_dirs/crst/synthia2cs_lrent'
