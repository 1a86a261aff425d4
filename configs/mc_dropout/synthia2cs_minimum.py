# A label stays where each of five passes gives it at least 0.8.
_base_ = [
    '../_base_/datasets/cs_stage2_256x512.py',
    '../_base_/models/deeplabv2_r101_dual.py',
    '../_base_/methods/mc_dropout.py',
]
model = dict(
    segmentor=dict(
        backbone=_base_.backbone,
        decode_head=dict(dropout_ratio=0.1),
    ),
    objectives=_base_.synthia_objectives,
)
train_dataloader = dict(batch_size=5)
val_evaluator = test_evaluator = _base_.synthia_evaluator
custom_hooks = [
    dict(type='StageCheckpointHook', config='configs/mrnet/synthia2cs.py'),
    dict(
        type='PseudoLabelHook',
        predictor=dict(_base_.passes, scales=[(1024, 512), (1280, 640)]),
        labeler=_base_.minimum_labeler,
    ),
]
work_dir = 'work_dirs/mc_dropout/synthia2cs_minimum'
