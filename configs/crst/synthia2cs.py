# CRST with model regularization (MRKLD).
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
    objectives=_base_.mrkld_objectives,
)
custom_hooks = [dict(type='StageCheckpointHook', config='configs/cbst/source_only_synthia2cs_dlv2.py')]
train_cfg = dict(num_rounds=4, source=dict(portion=dict(start=0.02), seed=0))
work_dir = 'work_dirs/crst/synthia2cs'
