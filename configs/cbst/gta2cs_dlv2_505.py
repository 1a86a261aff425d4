# CBST on the 505 most confident target images, as published; the list is made first, see README.md.
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
train_dataloader = dict(dataset=dict(target=dict(dataset=dict(ann_file='confident_505.txt'))))
work_dir = 'work_dirs/cbst/gta2cs_dlv2_505'
