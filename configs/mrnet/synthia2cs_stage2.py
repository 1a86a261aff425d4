# MRNet, stage 2: plain pseudo labels, from the last checkpoint of stage 1 (synthia2cs.py).
_base_ = [
    '../_base_/datasets/cs_stage2_256x512.py',
    '../_base_/models/deeplabv2_r101_dual.py',
    '../_base_/methods/mrnet.py',
]
model = dict(
    segmentor=dict(
        backbone=_base_.stage2_backbone,
        decode_head=dict(dropout_ratio=0.1),
    ),
    objectives=_base_.stage2_objectives,
)
optim_wrapper = dict(optimizer=dict(lr=1e-4))
train_dataloader = dict(batch_size=5)
val_evaluator = test_evaluator = _base_.synthia_evaluator
custom_hooks = [
    dict(type='StageCheckpointHook', config='configs/mrnet/synthia2cs.py'),
    dict(
        type='PseudoLabelHook',
        predictor=dict(type='MultiViewPredictor', scales=[(1024, 512), (1280, 640)]),
        labeler=dict(type='ConfidenceLabeler', threshold=0.9),
    ),
]
work_dir = 'work_dirs/mrnet/synthia2cs_stage2'
