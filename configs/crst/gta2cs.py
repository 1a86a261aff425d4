# CRST with model regularization (MRKLD).
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
work_dir = 'work_dirs/crst/gta2cs'
