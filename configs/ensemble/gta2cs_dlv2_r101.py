# The student DeepLab-v2 on ResNet-101.
_base_ = [
    '../_base_/datasets/cs_pool_256x512.py',
    '../_base_/models/deeplabv2_r101_os16.py',
    '../_base_/methods/ensemble.py',
]
model = dict(
    segmentor=dict(backbone=dict(init_cfg=None)),  # StageCheckpointHook gives the weights
    objectives=_base_.objectives,
)
train_cfg = dict(labels=_base_.gta2cs_labels)
custom_hooks = [dict(type='StageCheckpointHook', config='configs/ensemble/source_only_gta2cs_dlv2_r101.py')]
work_dir = 'work_dirs/ensemble/gta2cs_dlv2_r101'
