# Stage 1 of synthia2cs_7_640x320.py: 7 classes, 640x320 (experiment 3).
_base_ = [
    '../_base_/default_runtime.py',
    '../_base_/datasets/synthia2cs_7_grid_640x320.py',
    '../_base_/methods/depth_distribution_7_640x320.py',
    '../_base_/schedules/depth_distribution.py',
]
work_dir = 'work_dirs/depth_distribution/synthia2cs_7_640x320_stage1'
