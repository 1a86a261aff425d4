# GTA5 to Cityscapes in one pool, wide crops as in CRST's code: rare classes mined in the target.
_base_ = './cityscapes_val_1024x2048.py'

tta_pipeline = _base_.crst_tta_pipeline
pool_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='LoadLabelIds', on_size_mismatch='resize'),  # a few published labels differ from their image
    # scales (0.5 to 1.5) are factors of the images' own size
    dict(type='CenteredMiningCrop', crop_size=(512, 1024), resize='published'),
    dict(type='HorizontalFlip', prob=0.5),
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
