# Stage 1 of synthia2mapillary_640x320.py: 7 classes, 640x320 (experiment 5).
_base_ = [
    '../_base_/default_runtime.py',
    '../_base_/datasets/synthia2mapillary_grid_640x320.py',
    '../_base_/methods/depth_distribution_mapillary_640x320.py',
    '../_base_/schedules/depth_distribution.py',
]
work_dir = 'work_dirs/depth_distribution/synthia2mapillary_640x320_stage1'
