# Cityscapes (labeled) alone, square crops, 13 classes; tested on Rome, the first city of the NTHU cross-city data.
_base_ = './cityscapes_val_1024x2048.py'

source_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='LoadLabelIds'),
    dict(type='RareClassCrop', crop_size=500, nominal_size=2048),
    dict(type='PackSegInputs'),
]
train_dataloader = dict(
    batch_size=4,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='UDASampler'),
    dataset=dict(
        type='UDADataset',
        source=dict(
            type='CityscapesLabelIdsDataset',
            data_root='data/cityscapes',
            metainfo=dict(classes='cross_city13'),
            pipeline=source_pipeline,
        ),
        target=None,
    ),
)
val_dataloader = dict(
    dataset=dict(
        type='CrossCityDataset',
        data_root='data/nthu/Rome',
        data_prefix=dict(img_path='Images/Test', seg_map_path='Labels/Test'),
    )
)
test_dataloader = val_dataloader
