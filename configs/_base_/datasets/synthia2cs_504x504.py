# SYNTHIA (labeled) to Cityscapes (unlabeled), square crops as in CBST's code; 16 outputs.
_base_ = ['./gta2cs_504x504.py', './synthia16.py']

metainfo = _base_.metainfo
source_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='LoadLabelIds'),
    dict(type='RareClassCrop', crop_size=500, nominal_size=1280),
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
