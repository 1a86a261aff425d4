# Ensemble distillation from SYNTHIA to Cityscapes, 16 classes: DeepLab-v3+ on DRN-D-54 learns from the fused labels
# of three teachers.
_base_ = [
    '../_base_/datasets/cs_pool_256x512_16.py',
    '../_base_/models/deeplabv3plus_drn54.py',
    '../_base_/methods/ensemble.py',
]
model = dict(
    segmentor=dict(
        backbone=dict(init_cfg=None),  # StageCheckpointHook gives the weights
        decode_head=dict(num_classes=16),
    ),
    objectives=_base_.objectives,
)
train_cfg = dict(labels=_base_.synthia2cs_labels)
custom_hooks = [dict(type='StageCheckpointHook', config='configs/ensemble/source_only_synthia2cs.py')]
work_dir = 'work_dirs/ensemble/synthia2cs'
