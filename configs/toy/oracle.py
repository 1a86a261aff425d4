# No method: trained from scratch on labels of the target, for as long as source only and two stages together.
_base_ = [
    '../_base_/datasets/toy_129x257.py',
    '../_base_/methods/small_source_only.py',
]
train_dataloader = _base_.oracle
train_cfg = dict(max_iters=4000)
work_dir = 'work_dirs/toy/oracle'
