# MRKLD with every parameter once in the optimizer: the corrected variant of gta2cs.py.
_base_ = [
    '../_base_/datasets/gta2cs_pool_512x1024.py',
    '../_base_/models/deeplabv2_r101.py',
    '../_base_/methods/crst.py',
]
model = dict(
    segmentor=dict(backbone=dict(init_cfg=None)),  # StageCheckpointHook gives the weights
    objectives=_base_.mrkld_objectives,
)
custom_hooks = [dict(type='StageCheckpointHook', config='configs/cbst/source_only_gta2cs_dlv2.py')]
optim_wrapper = dict(
    optimizer=dict(_delete_=True, type='SGD', lr=5e-5, momentum=0.9, weight_decay=5e-4),
    paramwise_cfg=dict(_delete_=True, custom_keys=dict(decode_head=dict(lr_mult=10.0))),
)
work_dir = 'work_dirs/crst/gta2cs_plain_sgd'
