# AdvEnt on the small network.
_base_ = [
    '../_base_/datasets/toy_129x257.py',
    '../_base_/methods/small_advent.py',
]
train_dataloader = _base_.source_and_target
work_dir = 'work_dirs/toy/advent'
