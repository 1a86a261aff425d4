# The student of ensemble distillation learns from the fused labels of the target alone.
_base_ = ['../models/deeplabv3plus_drn54.py', './ensemble_objectives.py']

model = dict(
    segmentor=dict(backbone=dict(init_cfg=None)),  # StageCheckpointHook gives the weights
    objectives=_base_.objectives,
)
