# MRNet, stage 1, with every parameter once in the optimizer: the corrected variant of gta2cs.py.
_base_ = [
    '../_base_/datasets/gta2cs_512x1024.py',
    '../_base_/models/deeplabv2_r101_dual.py',
    '../_base_/methods/mrnet.py',
]
model = dict(objectives=_base_.stage1_objectives)
custom_hooks = _base_.stage1_hooks
optim_wrapper = dict(
    optimizer=dict(_delete_=True, type='SGD', lr=2e-4, momentum=0.9, weight_decay=5e-4, nesterov=True),
    paramwise_cfg=dict(_delete_=True, custom_keys=dict(decode_head=dict(lr_mult=10.0))),
)
work_dir = 'work_dirs/mrnet/gta2cs_plain_sgd'
