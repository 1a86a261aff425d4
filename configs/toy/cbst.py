# CBST on the small network.
_base_ = [
    '../_base_/datasets/toy_129x257.py',
    '../_base_/methods/small_cbst.py',
]
train_dataloader = _base_.pool
custom_hooks = [
    dict(type='StageCheckpointHook', config='configs/toy/source_only.py'),
    dict(type='AdaptiveBatchNormHook', scale=(257, 129)),
]
train_cfg = dict(labels=dict(predictor=dict(type='LogitMapPredictor', scale=(257, 129))))
work_dir = 'work_dirs/toy/cbst'
