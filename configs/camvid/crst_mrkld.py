# CRST with model regularization (MRKLD) on the small network.
_base_ = [
    '../_base_/small_runtime.py',
    '../_base_/datasets/camvid_pool.py',
    '../_base_/methods/small_mrkld.py',
    '../_base_/schedules/small_rounds.py',
]
model = dict(segmentor=dict(decode_head=dict(num_classes=11)))
custom_hooks = [
    dict(type='StageCheckpointHook', work_dir='work_dirs/camvid/source_only', config='configs/camvid/source_only.py'),
    dict(type='AdaptiveBatchNormHook', scale=(257, 193)),
]
train_cfg = dict(labels=dict(predictor=dict(type='LogitMapPredictor', scale=(257, 193)), labeler=dict(sampling='crst')))
work_dir = 'work_dirs/camvid/crst_mrkld'
