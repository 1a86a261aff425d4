_base_ = [
    '../_base_/small_runtime.py',
    '../_base_/datasets/toy_depth.py',
    '../_base_/methods/small_dada.py',
    '../_base_/schedules/small.py',
]
work_dir = 'work_dirs/toy/dada'
