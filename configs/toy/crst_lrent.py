# CRST with label entropy regularization (LRENT) on the small network.
_base_ = [
    '../_base_/datasets/toy_129x257.py',
    '../_base_/methods/small_lrent.py',
]
train_dataloader = _base_.pool_soft
custom_hooks = [dict(type='StageCheckpointHook', config='configs/toy/source_only.py')]
train_cfg = dict(labels=dict(predictor=dict(type='LogitMapPredictor', scale=_base_.test_scale)))
work_dir = 'work_dirs/toy/crst_lrent'
