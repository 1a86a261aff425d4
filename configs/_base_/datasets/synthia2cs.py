# SYNTHIA (labeled, 16 classes) to Cityscapes (unlabeled): outputs and confusion matrix keep all 19 classes.
_base_ = './gta2cs.py'

source_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='LoadLabelIds'),
    dict(type='JitteredResize', scale=(1280, 720), ratio_range=(0.8, 1.2)),
    dict(type='HardSampleCrop', crop_size=(512, 1024), min_distinct=11),
    dict(type='HorizontalFlip', prob=0.5),
    dict(type='PackSegInputs'),
]
train_dataloader = dict(
    dataset=dict(source=dict(type='SynthiaDataset', data_root='data/synthia', pipeline=source_pipeline))
)
val_evaluator = dict(type='UDAIoUMetric', protocols=dict(mIoU16='synthia16', mIoU13='synthia13'))
test_evaluator = val_evaluator
