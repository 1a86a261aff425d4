# Self-training of synthia2cs.py, which is trained first if it is not there.
_base_ = [
    '../_base_/datasets/cs_labeled_512x1024_16.py',
    '../_base_/models/advent_r101.py',
    '../_base_/methods/ctrl_self_training.py',
]
model = dict(
    segmentor=dict(backbone=_base_.backbone, decode_head=dict(type='CrossTaskHead')), objectives=_base_.objectives
)
custom_hooks = [
    dict(type='StageCheckpointHook', config='configs/ctrl/synthia2cs.py', train=True),
    dict(_base_.labels, predictor=dict(type='FixedSizePredictor', scale=(1024, 512))),
]
work_dir = 'work_dirs/ctrl/synthia2cs_self_training'
