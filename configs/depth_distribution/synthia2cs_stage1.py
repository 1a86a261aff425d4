# Stage 1 of synthia2cs.py: 16 classes, 1280x760 (experiment 1).
_base_ = [
    '../_base_/default_runtime.py',
    '../_base_/datasets/synthia2cs_grid_1280x760.py',
    '../_base_/methods/depth_distribution.py',
    '../_base_/schedules/depth_distribution.py',
]
work_dir = 'work_dirs/depth_distribution/synthia2cs_stage1'
