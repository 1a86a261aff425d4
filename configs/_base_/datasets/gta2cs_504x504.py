# GTA5 (labeled) to Cityscapes (unlabeled), square crops as in CBST's code.
_base_ = './cs_full_size.py'

target_pipeline = [
    dict(type='LoadImageStrict'),
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
            type='GTADataset',
            data_root='data/gta',
            pipeline=[
                dict(type='LoadImageStrict'),
                dict(type='LoadLabelIds', on_size_mismatch='resize'),
                dict(type='RareClassCrop', crop_size=500, nominal_size=1914),
                dict(type='PackSegInputs'),
            ],
        ),
        target=dict(
            type='CityscapesLabelIdsDataset',
            data_root='data/cityscapes',
            data_prefix=dict(img_path='leftImg8bit/train'),
            pipeline=target_pipeline,
        ),
    ),
)
