# DACS on own data, from source only. Source and target crops have one size.
_base_ = [
    '../_base_/datasets/own_data.py',
    '../_base_/methods/small_dacs.py',
]
val_dataloader = val_cfg = val_evaluator = None  # no labels of the target
model = dict(segmentor=dict(decode_head=dict(num_classes=len(_base_.classes))))
custom_hooks = [dict(type='StageCheckpointHook', config='configs/example/own_data_source_only.py')]
work_dir = 'work_dirs/example/own_data_dacs'
