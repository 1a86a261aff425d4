# MRNet, stage 1, on own data, from source only.
_base_ = [
    '../_base_/datasets/own_data.py',
    '../_base_/methods/small_mrnet.py',
]
val_dataloader = val_cfg = val_evaluator = None  # no labels of the target
model = dict(segmentor=dict(decode_head=dict(num_classes=len(_base_.classes))))
custom_hooks = [
    dict(type='StageCheckpointHook', config='configs/example/own_data_source_only.py'),
    *_base_.custom_hooks,
]
work_dir = 'work_dirs/example/own_data_mrnet'
