# CTRL, 7 classes of Mapillary Vistas, 640x320 (experiment 5): the first 20k iterations of a schedule of 90k.
_base_ = [
    '../_base_/datasets/synthia2mapillary_depth_320x640.py',
    '../_base_/models/advent_r101.py',
    '../_base_/methods/ctrl.py',
]
model = dict(segmentor=dict(decode_head=dict(type='CrossTaskHead', num_classes=7)), objectives=_base_.objectives)
param_scheduler = dict(max_iters=90 / 20)
train_cfg = dict(max_iters=20000)
custom_hooks = _base_.hooks_20k
work_dir = 'work_dirs/ctrl/synthia2mapillary_640x320'
