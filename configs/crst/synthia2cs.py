# CRST with model regularization (MRKLD).
_base_ = [
    '../_base_/rounds_runtime.py',
    '../_base_/datasets/synthia2cs_pool_600x900.py',
    '../_base_/methods/crst_mrkld.py',
    '../_base_/schedules/crst_rounds.py',
]
model = dict(segmentor=dict(decode_head=dict(num_classes=16)))
train_cfg = dict(num_rounds=4, source=dict(portion=dict(start=0.02), seed=0))
custom_hooks = [
    dict(
        type='StageCheckpointHook',
        work_dir='work_dirs/cbst/source_only_synthia2cs_dlv2',
        config='configs/cbst/source_only_synthia2cs_dlv2.py',
    ),
]
work_dir = 'work_dirs/crst/synthia2cs'
