# Cityscapes to a city of the NTHU cross-city data in one pool, 13 classes. A config names the city:
#   train_dataloader.dataset.target.dataset.data_root and val_dataloader.dataset.data_root
_base_ = './cityscapes_val_1024x2048.py'

pool_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='LoadLabelIds'),
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
        source=dict(
            type='CityscapesLabelIdsDataset',
            data_root='data/cityscapes',
            metainfo=dict(classes='cross_city13'),
            pipeline=pool_pipeline,
        ),
        target=dict(
            type='PseudoLabelDataset',
            dataset=dict(type='CrossCityDataset', data_prefix=dict(img_path='Images/Train')),
            pipeline=pool_pipeline,
        ),
    ),
)
val_dataloader = dict(
    dataset=dict(type='CrossCityDataset', data_prefix=dict(img_path='Images/Test', seg_map_path='Labels/Test'))
)
test_dataloader = val_dataloader
