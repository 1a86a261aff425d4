# Cityscapes to a city of the NTHU cross-city data in one pool, 13 classes. A config names the city:
#   train_dataloader.dataset.target.dataset.data_root and val_dataloader.dataset.data_root
_base_ = ['./gta2cs_pool_504x504.py', './cross_city13.py']

source_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='LoadLabelIds'),
    dict(type='RareClassCrop', crop_size=500, nominal_size=2048),
    dict(type='PackSegInputs'),
]
train_dataloader = dict(
    dataset=dict(
        source=dict(
            type='CityscapesLabelIdsDataset',
            data_root='data/cityscapes',
            metainfo=_base_.metainfo,
            pipeline=source_pipeline,
        ),
        target=dict(
            dataset=dict(_delete_=True, type='CrossCityDataset', data_prefix=dict(img_path='Images/Train')),
            pipeline=source_pipeline,
        ),
    )
)
val_dataloader = dict(
    dataset=dict(type='CrossCityDataset', data_prefix=dict(img_path='Images/Test', seg_map_path='Labels/Test'))
)
test_dataloader = val_dataloader
