# Cityscapes as in cs_pool_256x512.py for networks with the 16 outputs of SYNTHIA.
_base_ = './cityscapes_val_512x1024.py'

pool_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='LoadLabelIds'),
    dict(type='JitteredResize', scale=(1024, 512), ratio_range=None),
    dict(type='RandomCrop', crop_size=(256, 512)),
    dict(type='PackSegInputs'),
]
train_dataloader = dict(
    batch_size=10,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='PoolSampler'),
    dataset=dict(
        type='PoolDataset',
        source=None,
        target=dict(
            type='PseudoLabelDataset',
            dataset=dict(
                type='CityscapesLabelIdsDataset',
                data_root='data/cityscapes',
                data_prefix=dict(img_path='leftImg8bit/train'),
                metainfo=dict(classes='synthia16'),
            ),
            pipeline=pool_pipeline,
        ),
    ),
)
val_dataloader = dict(dataset=dict(metainfo=dict(classes='synthia16')))
test_dataloader = val_dataloader
val_evaluator = test_evaluator = _base_.synthia_evaluator
