# Ensemble distillation from SYNTHIA to Cityscapes, 16 classes: DeepLab-v3+ on DRN-D-54 learns from the fused labels
# of three teachers.
_base_ = [
    '../_base_/rounds_runtime.py',
    '../_base_/datasets/cs_1024x512_pool_16.py',
    '../_base_/models/deeplabv3plus_drn54.py',
    '../_base_/methods/ensemble_objectives.py',
    '../_base_/schedules/ensemble_synthia2cs.py',
]
model = dict(
    segmentor=dict(
        backbone=dict(init_cfg=None),  # StageCheckpointHook gives the weights
        decode_head=dict(num_classes=16),
    ),
    objectives=_base_.objectives,
)
custom_hooks = [
    dict(
        type='StageCheckpointHook',
        work_dir='work_dirs/ensemble/source_only_synthia2cs',
        config='configs/ensemble/source_only_synthia2cs.py',
    ),
]
work_dir = 'work_dirs/ensemble/synthia2cs'
