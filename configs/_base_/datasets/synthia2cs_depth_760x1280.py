# As synthia2cs_760x1280.py, with the inverse depth of the source.
_base_ = './cityscapes_val_512x1024.py'

source_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='LoadLabelIds'),
    dict(type='LoadDepth'),
    dict(type='JitteredResize', scale=(1280, 760), ratio_range=None),
    dict(type='PackPlanes'),
]
target_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='JitteredResize', scale=(1024, 512), ratio_range=None),
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
