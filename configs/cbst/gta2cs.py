# CBST on ResNet-38, as published.
_base_ = [
    '../_base_/datasets/gta2cs_pool_504x504.py',
    '../_base_/models/resnet38.py',
    '../_base_/methods/cbst.py',
]
model = dict(objectives=_base_.objectives)
custom_hooks = [dict(type='StageCheckpointHook', config='configs/cbst/source_only_gta2cs.py')]
work_dir = 'work_dirs/cbst/gta2cs'
