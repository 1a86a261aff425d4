# SYNTHIA (labeled) to Cityscapes (unlabeled), whole images without augmentation, one of each; 16 outputs.
_base_ = ['./gta2cs_1280x720.py', './synthia16.py']

metainfo = _base_.metainfo
source_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='LoadLabelIds'),
    dict(type='JitteredResize', scale=(1280, 760), ratio_range=None),
    dict(type='PackSegInputs'),
]
train_dataloader = dict(
    dataset=dict(
        source=dict(type='SynthiaDataset', data_root='data/synthia', metainfo=metainfo, pipeline=source_pipeline),
        target=dict(metainfo=metainfo),
    )
)
val_dataloader = dict(dataset=dict(metainfo=metainfo))
test_dataloader = val_dataloader
val_evaluator = dict(type='UDAIoUMetric', protocols=dict(mIoU16='synthia16', mIoU13='synthia13'))
test_evaluator = val_evaluator
