# CBST on SegFormer-B0: any backbone will do. Rounds as for DeepLab-v2, the optimizer's settings are ours.
_base_ = [
    '../_base_/datasets/gta2cs_pool_512x1024.py',
    '../_base_/models/segformer_b0.py',
    '../_base_/methods/crst.py',
]
model = dict(
    segmentor=dict(backbone=dict(init_cfg=None)),  # StageCheckpointHook gives the weights
    objectives=_base_.cbst_objectives,
)
optim_wrapper = dict(
    optimizer=dict(_delete_=True, type='AdamW', lr=6e-5, betas=(0.9, 0.999), weight_decay=0.01),
    paramwise_cfg=dict(_delete_=True, custom_keys=dict(norm=dict(decay_mult=0.0), decode_head=dict(lr_mult=10.0))),
)
custom_hooks = [dict(type='StageCheckpointHook', config='configs/cbst/source_only_gta2cs_mit-b0.py')]
work_dir = 'work_dirs/cbst/gta2cs_mit-b0'
