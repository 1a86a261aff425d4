# MRNet, stage 1.
_base_ = [
    '../_base_/datasets/gta2cs_512x1024.py',
    '../_base_/models/deeplabv2_r101_dual.py',
    '../_base_/methods/mrnet.py',
]
model = dict(objectives=_base_.stage1_objectives)
custom_hooks = _base_.stage1_hooks
work_dir = 'work_dirs/mrnet/gta2cs'
