# CRST with model regularization (MRKLD) on the small network.
_base_ = [
    '../_base_/datasets/camvid_193x257.py',
    '../_base_/methods/small_mrkld.py',
]
model = dict(segmentor=dict(decode_head=dict(num_classes=11)))
train_dataloader = _base_.pool
custom_hooks = [dict(type='StageCheckpointHook', config='configs/camvid/source_only.py')]
train_cfg = dict(labels=dict(predictor=dict(type='LogitMapPredictor', scale=_base_.test_scale)))
work_dir = 'work_dirs/camvid/crst_mrkld'
