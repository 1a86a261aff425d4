# AdvEnt with one classifier, 7 classes.
_base_ = [
    '../_base_/datasets/synthia2cs_7_760x1280.py',
    '../_base_/models/advent_r101.py',
    '../_base_/methods/advent.py',
]
model = dict(segmentor=dict(decode_head=dict(num_classes=7)), objectives=_base_.objectives)
custom_hooks = _base_.hooks
work_dir = 'work_dirs/advent/synthia2cs_7'
