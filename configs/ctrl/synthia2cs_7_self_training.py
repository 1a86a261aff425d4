# Self-training of synthia2cs_7.py, which is trained first if it is not there.
_base_ = [
    '../_base_/datasets/cs_labeled_512x1024_7.py',
    '../_base_/models/advent_r101.py',
    '../_base_/methods/ctrl_self_training.py',
]
model = dict(
    segmentor=dict(backbone=_base_.backbone, decode_head=dict(type='CrossTaskHead', num_classes=7)),
    objectives=_base_.objectives,
)
param_scheduler = dict(max_iters=90 / 5)
train_cfg = dict(max_iters=5000)
custom_hooks = [
    dict(type='StageCheckpointHook', config='configs/ctrl/synthia2cs_7.py', train=True),
    dict(_base_.labels, predictor=dict(type='FixedSizePredictor', scale=(1024, 512))),
]
work_dir = 'work_dirs/ctrl/synthia2cs_7_self_training'
