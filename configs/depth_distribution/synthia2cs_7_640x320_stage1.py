# Stage 1 of synthia2cs_7_640x320.py: 7 classes, 640x320 (experiment 3).
_base_ = [
    '../_base_/datasets/synthia2cs_7_grid_320x640.py',
    '../_base_/models/advent_r101.py',
    '../_base_/methods/depth_distribution.py',
]
model = dict(
    segmentor=dict(decode_head=dict(type='DensityHead', num_classes=7)), objectives=_base_.objectives_7_640x320
)
custom_hooks = _base_.hooks
work_dir = 'work_dirs/depth_distribution/synthia2cs_7_640x320_stage1'
