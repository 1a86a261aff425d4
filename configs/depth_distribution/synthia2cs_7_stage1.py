# Stage 1 of synthia2cs_7.py: 7 classes, 1280x760 (experiment 2).
_base_ = [
    '../_base_/datasets/synthia2cs_7_grid_760x1280.py',
    '../_base_/models/advent_r101.py',
    '../_base_/methods/depth_distribution.py',
]
model = dict(segmentor=dict(decode_head=dict(type='DensityHead', num_classes=7)), objectives=_base_.objectives_7)
custom_hooks = _base_.hooks
work_dir = 'work_dirs/depth_distribution/synthia2cs_7_stage1'
