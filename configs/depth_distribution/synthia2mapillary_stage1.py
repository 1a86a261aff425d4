# Stage 1 of synthia2mapillary.py: 7 classes, 1280x760 (experiment 4).
_base_ = [
    '../_base_/datasets/synthia2mapillary_grid_760x1280.py',
    '../_base_/models/advent_r101.py',
    '../_base_/methods/depth_distribution.py',
]
model = dict(
    segmentor=dict(decode_head=dict(type='DensityHead', num_classes=7)), objectives=_base_.mapillary_objectives
)
custom_hooks = _base_.mapillary_hooks
work_dir = 'work_dirs/depth_distribution/synthia2mapillary_stage1'
