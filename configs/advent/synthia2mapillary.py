# AdvEnt with one classifier, 7 classes of Mapillary Vistas.
_base_ = [
    '../_base_/datasets/synthia2mapillary_760x1280.py',
    '../_base_/models/advent_r101.py',
    '../_base_/methods/advent.py',
]
model = dict(segmentor=dict(decode_head=dict(num_classes=7)), objectives=_base_.objectives)
custom_hooks = _base_.hooks
work_dir = 'work_dirs/advent/synthia2mapillary'
