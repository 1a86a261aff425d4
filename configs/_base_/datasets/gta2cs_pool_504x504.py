# GTA5 to Cityscapes in one pool, square crops as in CBST's code: rare classes mined in both domains.
_base_ = './cityscapes_val_1024x2048.py'

pool_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='LoadLabelIds', on_size_mismatch='resize'),  # a few published labels differ from their image
    dict(type='RareClassCrop', crop_size=500, nominal_size=2048),
    dict(type='PackSegInputs'),
]
train_dataloader = dict(
    batch_size=2,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='PoolSampler'),
    dataset=dict(
        type='PoolDataset',
        source=dict(type='GTADataset', data_root='data/gta', pipeline=pool_pipeline),
        target=dict(
            type='PseudoLabelDataset',
            dataset=dict(
                type='CityscapesLabelIdsDataset',
                data_root='data/cityscapes',
                data_prefix=dict(img_path='leftImg8bit/train'),
            ),
            pipeline=pool_pipeline,
        ),
    ),
)
