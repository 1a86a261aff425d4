# CBST-SP: with the spatial prior of the source labels, which is made when it is missing.
_base_ = [
    '../_base_/datasets/gta2cs_pool_512x1024.py',
    '../_base_/models/deeplabv2_r101.py',
    '../_base_/methods/crst.py',
]
model = dict(
    segmentor=dict(backbone=dict(init_cfg=None)),  # StageCheckpointHook gives the weights
    objectives=_base_.cbst_objectives,
)
custom_hooks = [dict(type='StageCheckpointHook', config='configs/cbst/source_only_gta2cs_dlv2.py')]
train_cfg = dict(labels=dict(spatial_prior=dict()))
work_dir = 'work_dirs/cbst/gta2cs_dlv2_sp'
