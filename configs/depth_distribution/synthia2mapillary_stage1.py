# Stage 1 of synthia2mapillary.py: 7 classes, 1280x760 (experiment 4).
_base_ = [
    '../_base_/default_runtime.py',
    '../_base_/datasets/synthia2mapillary_grid_1280x760.py',
    '../_base_/methods/depth_distribution_mapillary.py',
    '../_base_/schedules/depth_distribution.py',
]
work_dir = 'work_dirs/depth_distribution/synthia2mapillary_stage1'
