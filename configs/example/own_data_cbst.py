# CBST on own data, from source only.
_base_ = [
    '../_base_/datasets/own_data_pool.py',
    '../_base_/methods/small_cbst.py',
]
val_dataloader = val_cfg = val_evaluator = None  # no labels of the target
model = dict(segmentor=dict(decode_head=dict(num_classes=len(_base_.classes))))
custom_hooks = [dict(type='StageCheckpointHook', config='configs/example/own_data_source_only.py')]
train_cfg = dict(labels=dict(predictor=dict(type='LogitMapPredictor', scale=(129, 97))))
work_dir = 'work_dirs/example/own_data_cbst'
