# CRST with label entropy regularization on the 505 most confident target images, as published; the list is
# made first, see ../cbst/README.md.
_base_ = [
    '../_base_/datasets/gta2cs_pool_512x1024.py',
    '../_base_/models/deeplabv2_r101.py',
    '../_base_/methods/crst.py',
]
model = dict(
    segmentor=dict(backbone=dict(init_cfg=None)),  # StageCheckpointHook gives the weights
    objectives=_base_.lrent_objectives,
)
soft_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='LoadLabelIds'),
    dict(type='CenteredMiningCrop', crop_size=(512, 1024), resize='published'),
    dict(type='HorizontalFlip', prob=0.5),
    dict(type='PackSoftLabels'),
]
train_dataloader = dict(dataset=dict(target=dict(dataset=dict(ann_file='confident_505.txt'), pipeline=soft_pipeline)))
train_cfg = dict(
    labels=dict(keep_cached_logits=True, labeler=dict(_delete_=True, type='EntropyRegularizedLabeler', alpha=0.25))
)
custom_hooks = [dict(type='StageCheckpointHook', config='configs/cbst/source_only_gta2cs_dlv2.py')]
work_dir = 'work_dirs/crst/gta2cs_lrent_505'
