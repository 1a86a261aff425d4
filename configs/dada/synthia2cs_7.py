# DADA, 7 classes.
_base_ = [
    '../_base_/datasets/synthia2cs_7_depth_760x1280.py',
    '../_base_/models/advent_r101.py',
    '../_base_/methods/dada.py',
]
model = dict(segmentor=dict(decode_head=dict(type='DepthFusionHead', num_classes=7)), objectives=_base_.objectives)
custom_hooks = _base_.hooks
work_dir = 'work_dirs/dada/synthia2cs_7'
