# CRST with model regularization (MRKLD) on the small network.
_base_ = [
    '../_base_/small_runtime.py',
    '../_base_/datasets/toy_pool.py',
    '../_base_/methods/small_mrkld.py',
    '../_base_/schedules/small_rounds.py',
]
custom_hooks = [
    dict(type='StageCheckpointHook', work_dir='work_dirs/toy/source_only', config='configs/toy/source_only.py'),
    dict(type='AdaptiveBatchNormHook', scale=(257, 129)),
]
train_cfg = dict(labels=dict(predictor=dict(type='LogitMapPredictor', scale=(257, 129)), labeler=dict(sampling='crst')))
work_dir = 'work_dirs/toy/crst_mrkld'
