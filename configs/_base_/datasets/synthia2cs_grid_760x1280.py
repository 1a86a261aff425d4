# SYNTHIA with depth (labeled) to Cityscapes (unlabeled), all at 1280x760 without augmentation, one of each; 16 outputs.
# Label and depth of the source are sampled at the network's outputs, too: density is learned there.
_base_ = './cityscapes_val_760x1280.py'

source_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='LoadLabelIds'),
    dict(type='LoadDepth'),
    dict(type='SampleDepthGrid', grid=(96, 161)),
    dict(type='JitteredResize', scale=(1280, 760), ratio_range=None),
    dict(type='PackDepthGrid'),
]
target_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='JitteredResize', scale=(1280, 760), ratio_range=None),
    dict(type='PackSegInputs'),
]
train_dataloader = dict(
    batch_size=1,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='UDASampler'),
    dataset=dict(
        type='UDADataset',
        source=dict(
            type='SynthiaDataset',
            data_root='data/synthia',
            metainfo=dict(classes='synthia16'),
            pipeline=source_pipeline,
        ),
        target=dict(
            type='CityscapesLabelIdsDataset',
            data_root='data/cityscapes',
            data_prefix=dict(img_path='leftImg8bit/train'),
            metainfo=dict(classes='synthia16'),
            pipeline=target_pipeline,
        ),
    ),
)
val_dataloader = dict(dataset=dict(metainfo=dict(classes='synthia16')))
test_dataloader = val_dataloader
val_evaluator = test_evaluator = _base_.synthia_evaluator
