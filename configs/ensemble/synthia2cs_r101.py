# The student DeepLab-v3+ on ResNet-101, 16 classes.
_base_ = [
    '../_base_/datasets/cs_pool_256x512_16.py',
    '../_base_/models/deeplabv3plus_r101.py',
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
custom_hooks = [dict(type='StageCheckpointHook', config='configs/ensemble/source_only_synthia2cs_r101.py')]
work_dir = 'work_dirs/ensemble/synthia2cs_r101'
