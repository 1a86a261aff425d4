# Self-training: labeled source and pseudo-labeled target crops in one pool, rare classes mined in both.
_base_ = './toy.py'

pool_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='LoadLabelIds'),
    # scales are factors of the images' own size
    dict(type='CenteredMiningCrop', crop_size=(129, 257), scales=(0.8, 0.9, 1.0, 1.1, 1.2)),
    dict(type='HorizontalFlip', prob=0.5),
    dict(type='PackSegInputs'),
]
train_dataloader = dict(
    sampler=dict(_delete_=True, type='PoolSampler'),
    dataset=dict(
        _delete_=True,
        type='PoolDataset',
        source=dict(
            type='GTADataset', data_root='data/toy/gta', indices=64, pipeline=pool_pipeline
        ),  # the rest: validation
        target=dict(
            type='PseudoLabelDataset',
            dataset=dict(
                type='CityscapesLabelIdsDataset',
                data_root='data/toy/cityscapes',
                data_prefix=dict(img_path='leftImg8bit/train'),
            ),
            pipeline=pool_pipeline,
        ),
    ),
)
