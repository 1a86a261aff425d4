# Ensemble distillation from SYNTHIA to Cityscapes, 16 classes: three teachers, without DACS. R-MRNet has 19 outputs.
_base_ = [
    '../_base_/rounds_runtime.py', '../_base_/datasets/cs_1024x512_pool.py', '../_base_/datasets/synthia16.py',
    '../_base_/methods/ensemble_student.py', '../_base_/schedules/ensemble_rounds.py'
]
metainfo = _base_.metainfo
model = dict(segmentor=dict(decode_head=dict(num_classes=16)))
train_dataloader = dict(dataset=dict(target=dict(dataset=dict(metainfo=metainfo))))
val_dataloader = dict(dataset=dict(metainfo=metainfo))
test_dataloader = val_dataloader
val_evaluator = dict(type='UDAIoUMetric', protocols=dict(mIoU16='synthia16', mIoU13='synthia13'))
test_evaluator = val_evaluator
train_cfg = dict(
    teachers=[
        dict(name='MRKLD', config='configs/crst/mrkld_synthia2cs.py'),
        dict(name='CBST', config='configs/cbst/cbst_synthia2cs_dlv2.py'),
        dict(
            name='R-MRNet',
            config='configs/mrnet/synthia2cs_rectified.py',
            drop_classes=('terrain', 'truck', 'train')),
    ],
    predictor=dict(type='LogitMapPredictor', scale=(1024, 512), flip=False),
    labeler=dict(type='ChannelWiseLabeler', owner='synthia16', threshold=90, window=5))
custom_hooks = [
    dict(
        type='StageCheckpointHook',
        work_dir='work_dirs/ensemble/source_only_synthia2cs_drn54',
        config='configs/ensemble/source_only_synthia2cs_drn54.py'),
]
work_dir = 'work_dirs/ensemble/synthia2cs_drn54'
