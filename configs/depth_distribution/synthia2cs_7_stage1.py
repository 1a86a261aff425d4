# Stage 1 of synthia2cs_7.py: 7 classes, 1280x760 (experiment 2).
_base_ = [
    '../_base_/default_runtime.py',
    '../_base_/datasets/synthia2cs_7_grid_1280x760.py',
    '../_base_/methods/depth_distribution_7.py',
    '../_base_/schedules/depth_distribution.py',
]
work_dir = 'work_dirs/depth_distribution/synthia2cs_7_stage1'
