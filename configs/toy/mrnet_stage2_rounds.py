# MRNet's stage 2 in rounds: class-balanced labels of a growing part of the target, trained on together with the
# source. As published, stage 2 sees all labels of the target at once and no source (mrnet_stage2.py).
_base_ = [
    '../_base_/small_runtime.py', '../_base_/datasets/toy_pool.py',
    '../_base_/methods/small_mrnet_stage2_rounds.py', '../_base_/schedules/small_rounds.py'
]
custom_hooks = [
    dict(type='StageCheckpointHook', work_dir='work_dirs/toy/mrnet', config='configs/toy/mrnet.py'),
    dict(type='AdaptiveBatchNormHook', scale=(257, 129), interval=200),
]
train_cfg = dict(predictor=dict(type='LogitMapPredictor', scale=(257, 129)))
work_dir = 'work_dirs/toy/mrnet_stage2_rounds'
