# GTA5 (labeled) to Cityscapes (unlabeled), crops of CRST's source training.
_base_ = './gta2cs_pool_512x1024.py'

target_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='CenteredMiningCrop', crop_size=(500, 500), resize='published'),
    dict(type='PackSegInputs'),
]
train_dataloader = dict(
    batch_size=4,
    sampler=dict(_delete_=True, type='UDASampler'),
    dataset=dict(
        _delete_=True,
        type='UDADataset',
        source=dict(
            type='GTADataset',
            data_root='data/gta',
            pipeline=[
                dict(type='LoadImageStrict'),
                dict(type='LoadLabelIds', on_size_mismatch='resize'),
                dict(type='CenteredMiningCrop', crop_size=(500, 500), resize='published'),
                dict(type='HorizontalFlip', prob=0.5),
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
