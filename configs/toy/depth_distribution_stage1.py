_base_ = [
    '../_base_/datasets/toy_grid.py',
    '../_base_/methods/small_depth_distribution.py',
]
work_dir = 'work_dirs/toy/depth_distribution_stage1'
