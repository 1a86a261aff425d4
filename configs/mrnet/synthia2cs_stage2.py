# MRNet, stage 2: plain pseudo labels, from the last checkpoint of stage 1 (synthia2cs.py).
_base_ = [
    '../_base_/default_runtime.py',
    '../_base_/datasets/cs_pseudo.py',
    '../_base_/methods/mrnet_stage2.py',
    '../_base_/schedules/mrnet_stage2.py',
]
train_dataloader = dict(batch_size=5)
model = dict(segmentor=dict(decode_head=dict(dropout_ratio=0.1)))
val_evaluator = dict(type='UDAIoUMetric', protocols=dict(mIoU16='synthia16', mIoU13='synthia13'))
test_evaluator = val_evaluator
custom_hooks = [
    dict(type='StageCheckpointHook', work_dir='work_dirs/mrnet/synthia2cs', config='configs/mrnet/synthia2cs.py'),
    dict(
        type='PseudoLabelHook',
        predictor=dict(type='MultiViewPredictor', scales=[(1024, 512), (1280, 640)]),
        labeler=dict(type='ConfidenceLabeler', threshold=0.9),
    ),
]
work_dir = 'work_dirs/mrnet/synthia2cs_stage2'
