# The student DeepLab-v2 on ResNet-101.
_base_ = [
    '../_base_/rounds_runtime.py',
    '../_base_/datasets/cs_1024x512_pool.py',
    '../_base_/models/deeplabv2_r101_os16.py',
    '../_base_/methods/ensemble_objectives.py',
    '../_base_/schedules/ensemble_gta2cs.py',
]
model = dict(
    segmentor=dict(backbone=dict(init_cfg=None)),  # StageCheckpointHook gives the weights
    objectives=_base_.objectives,
)
custom_hooks = [
    dict(
        type='StageCheckpointHook',
        work_dir='work_dirs/ensemble/source_only_gta2cs_dlv2_r101',
        config='configs/ensemble/source_only_gta2cs_dlv2_r101.py',
    ),
]
work_dir = 'work_dirs/ensemble/gta2cs_dlv2_r101'
