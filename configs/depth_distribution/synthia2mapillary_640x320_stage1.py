# Stage 1 of synthia2mapillary_640x320.py: 7 classes, 640x320 (experiment 5).
_base_ = [
    '../_base_/datasets/synthia2mapillary_grid_320x640.py',
    '../_base_/models/advent_r101.py',
    '../_base_/methods/depth_distribution.py',
]
model = dict(
    segmentor=dict(decode_head=dict(type='DensityHead', num_classes=7)), objectives=_base_.mapillary_objectives_640x320
)
custom_hooks = _base_.mapillary_hooks
work_dir = 'work_dirs/depth_distribution/synthia2mapillary_640x320_stage1'
