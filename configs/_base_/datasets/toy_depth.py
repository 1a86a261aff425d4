# The toy data from "SYNTHIA", labeled and with depth, to "Cityscapes"; 16 classes.
_base_ = ['./toy.py', './synthia16.py']

metainfo = _base_.metainfo
source_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='LoadLabelIds'),
    dict(type='LoadDepth'),
    dict(type='JitteredResize', scale=(321, 161), ratio_range=(0.8, 1.2)),
    dict(type='HardSampleCrop', crop_size=(129, 257), min_distinct=9),
    dict(type='HorizontalFlip', prob=0.5),
    dict(type='PackPlanes'),
]
train_dataloader = dict(
    dataset=dict(
        source=dict(type='SynthiaDataset', data_root='data/toy/synthia', metainfo=metainfo, pipeline=source_pipeline),
        target=dict(metainfo=metainfo),
    )
)
val_dataloader = dict(dataset=dict(metainfo=metainfo))
test_dataloader = val_dataloader
val_evaluator = dict(type='UDAIoUMetric', protocols=dict(mIoU16='synthia16', mIoU13='synthia13'))
test_evaluator = val_evaluator
