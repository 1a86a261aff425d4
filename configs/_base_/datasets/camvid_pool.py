# Self-training: labeled source and pseudo-labeled target crops in one pool, rare classes mined in both. Images of
# 480x360 are scaled to 0.8 to 1.2 times the size of the test images, 257x193.
_base_ = './camvid.py'

pool_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='LoadLabelIds'),
    dict(type='CenteredMiningCrop', crop_size=(193, 257), scales=(0.428, 0.482, 0.535, 0.589, 0.643)),
    dict(type='HorizontalFlip', prob=0.5),
    dict(type='PackSegInputs'),
]
train_dataloader = dict(
    sampler=dict(_delete_=True, type='PoolSampler'),
    dataset=dict(
        _delete_=True,
        type='PoolDataset',
        source=dict(type='CamVidDataset', data_root='data/camvid_day2dusk', pipeline=pool_pipeline),
        target=dict(
            type='PseudoLabelDataset',
            dataset=dict(
                type='CamVidDataset', data_root='data/camvid_day2dusk', data_prefix=dict(img_path='images/dusk_train')
            ),
            pipeline=pool_pipeline,
        ),
    ),
)
