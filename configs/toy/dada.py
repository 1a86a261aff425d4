# DADA on the small network, 16 classes.
_base_ = [
    '../_base_/datasets/toy_depth_129x257.py',
    '../_base_/methods/small_dada.py',
]
train_dataloader = _base_.depth_16
val_dataloader = test_dataloader = _base_.val_16
val_evaluator = test_evaluator = _base_.evaluator_16
work_dir = 'work_dirs/toy/dada'
