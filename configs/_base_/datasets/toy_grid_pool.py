# Cityscapes in the toy data with pseudo labels and no source, 7 classes, whole images.
_base_ = './toy_grid.py'

pool_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='LoadLabelIds', on_size_mismatch='resize'),  # labels were made at the size of training
    dict(type='JitteredResize', scale=(257, 129), ratio_range=None),
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
                data_root='data/toy/cityscapes',
                data_prefix=dict(img_path='leftImg8bit/train'),
            ),
            pipeline=pool_pipeline,
        ),
    ),
)
