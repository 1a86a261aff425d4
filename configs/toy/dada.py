_base_ = [
    '../_base_/datasets/toy_depth.py',
    '../_base_/methods/small_dada.py',
]
work_dir = 'work_dirs/toy/dada'
