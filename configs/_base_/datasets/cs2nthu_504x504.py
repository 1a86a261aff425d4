# Cityscapes (labeled) to the four cities of the NTHU cross-city data (unlabeled), 13 classes, square crops. Tested
# on the first city.
_base_ = ['./gta2cs_504x504.py', './cross_city13.py']

source_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='LoadLabelIds'),
    dict(type='RareClassCrop', crop_size=500, nominal_size=2048),
    dict(type='PackSegInputs'),
]
target_pipeline = [
    dict(type='LoadImageStrict'),
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
            _delete_=True,
            type='ConcatDataset',
            datasets=[
                dict(
                    type='CrossCityDataset',
                    data_root=f'data/nthu/{city}',
                    data_prefix=dict(img_path='Images/Train'),
                    pipeline=target_pipeline,
                )
                for city in ('Rome', 'Rio', 'Tokyo', 'Taipei')
            ],
        ),
    )
)
val_dataloader = dict(
    dataset=dict(
        type='CrossCityDataset',
        data_root='data/nthu/Rome',
        data_prefix=dict(img_path='Images/Test', seg_map_path='Labels/Test'),
    )
)
test_dataloader = val_dataloader
