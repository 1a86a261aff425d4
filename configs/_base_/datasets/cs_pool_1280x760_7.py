# Cityscapes with pseudo labels and no source, at 1280x760 without augmentation, one image; 7 classes.
_base_ = './synthia2cs_7_grid_1280x760.py'

pool_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='LoadLabelIds', on_size_mismatch='resize'),  # labels were made at the size of training
    dict(type='JitteredResize', scale=(1280, 760), ratio_range=None),
    dict(type='PackSegInputs'),
]
train_dataloader = dict(
    sampler=dict(_delete_=True, type='PoolSampler'),
    dataset=dict(
        _delete_=True,
        type='PoolDataset',
        source=None,
        target=dict(
            type='PseudoLabelDataset',
            dataset=dict(
                type='Cityscapes7Dataset',
                data_root='data/cityscapes',
                data_prefix=dict(img_path='leftImg8bit/train'),
            ),
            pipeline=pool_pipeline,
        ),
    ),
)
