# DADA on the small network, 16 classes.
_base_ = [
    '../_base_/datasets/toy_depth_129x257.py',
    '../_base_/methods/small_dada.py',
]
train_dataloader = _base_.depth
work_dir = 'work_dirs/toy/dada'
