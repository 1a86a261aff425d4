# CBST on ResNet-38, as published.
_base_ = [
    '../_base_/rounds_runtime.py',
    '../_base_/datasets/synthia2cs_pool_504x504.py',
    '../_base_/methods/cbst_r38.py',
    '../_base_/schedules/cbst_rounds.py',
]
model = dict(segmentor=dict(decode_head=dict(num_classes=16)))
train_cfg = dict(source=dict(portion=dict(start=0.02)), labels=dict(portion=dict(start=0.2)))
custom_hooks = [
    dict(
        type='StageCheckpointHook',
        work_dir='work_dirs/cbst/source_only_synthia2cs',
        config='configs/cbst/source_only_synthia2cs.py',
    ),
]
work_dir = 'work_dirs/cbst/synthia2cs'
