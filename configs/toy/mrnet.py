_base_ = [
    '../_base_/small_runtime.py',
    '../_base_/datasets/toy_colors.py',
    '../_base_/methods/small_mrnet.py',
    '../_base_/schedules/small.py',
]
work_dir = 'work_dirs/toy/mrnet'
