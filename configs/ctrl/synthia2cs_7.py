# CTRL, 7 classes (experiment 2): the first 45k iterations of a schedule of 90k.
_base_ = [
    '../_base_/datasets/synthia2cs_7_depth_760x1280.py',
    '../_base_/models/advent_r101.py',
    '../_base_/methods/ctrl.py',
]
model = dict(segmentor=dict(decode_head=dict(type='CrossTaskHead', num_classes=7)), objectives=_base_.objectives)
param_scheduler = dict(max_iters=90 / 45)
train_cfg = dict(max_iters=45000)
custom_hooks = _base_.hooks_45k
work_dir = 'work_dirs/ctrl/synthia2cs_7'
