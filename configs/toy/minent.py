# MinEnt on the small network.
_base_ = [
    '../_base_/datasets/toy_129x257.py',
    '../_base_/methods/small_minent.py',
]
train_dataloader = _base_.source_and_target
custom_hooks = [dict(type='StageCheckpointHook', config='configs/toy/source_only.py')]
work_dir = 'work_dirs/toy/minent'
