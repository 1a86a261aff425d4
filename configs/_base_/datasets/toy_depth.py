# The toy data from "SYNTHIA", labeled and with depth, to "Cityscapes"; 16 classes.
_base_ = './toy_129x257.py'

metainfo = dict(classes='synthia16')
source = dict(
    type='SynthiaDataset',
    data_root='data/toy/synthia',
    metainfo=metainfo,
    pipeline=[
        *_base_.load_labeled,
        dict(type='LoadDepth'),
        *_base_.source_crop,
        dict(type='PackPlanes'),
    ],
)
train_dataloader = dict(
    dataset=dict(type='UDADataset', source=source, target=dict(_base_.target, metainfo=metainfo)), **_base_.domains
)
val_dataloader = dict(dataset=dict(metainfo=metainfo))
test_dataloader = val_dataloader
val_evaluator = dict(type='UDAIoUMetric', protocols=dict(mIoU16='synthia16', mIoU13='synthia13'))
test_evaluator = val_evaluator
