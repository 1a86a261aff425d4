_base_ = [
    '../_base_/small_runtime.py',
    '../_base_/datasets/toy_grid.py',
    '../_base_/methods/small_depth_distribution.py',
    '../_base_/schedules/small.py',
]
work_dir = 'work_dirs/toy/depth_distribution_stage1'
