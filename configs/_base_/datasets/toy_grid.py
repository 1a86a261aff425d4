# SYNTHIA with depth (labeled) to Cityscapes (unlabeled) in the toy data, 7 classes, whole images. Label and depth of
# the source are sampled at the outputs of a stride-16 network, too.
_base_ = './toy_129x257.py'

source_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='LoadLabelIds'),
    dict(type='LoadDepth'),
    dict(type='SampleDepthGrid', grid=(9, 17)),
    dict(type='JitteredResize', scale=(257, 129), ratio_range=None),
    dict(type='PackDepthGrid'),
]
train_dataloader = dict(
    dataset=dict(
        type='UDADataset',
        source=dict(type='Synthia7Dataset', data_root='data/toy/synthia', pipeline=source_pipeline),
        target=dict(_base_.target, type='Cityscapes7Dataset'),
    ),
    **_base_.domains,
)
val_dataloader = dict(dataset=dict(type='Cityscapes7Dataset'))
test_dataloader = val_dataloader
