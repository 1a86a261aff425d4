# Own data for rounds of self-training: labeled source and pseudo-labeled target crops in one pool.
_base_ = './own_data.py'

pool_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='LoadLabelIds'),
    # Scales are factors of the images' own size, here near the 129x97 of testing. For images of other sizes put
    # dict(type='JitteredResize', scale=(width, height), ratio_range=None) before it, or choose other scales.
    dict(type='CenteredMiningCrop', crop_size=(97, 129), scales=(0.8, 0.9, 1.0, 1.1, 1.2)),
    dict(type='HorizontalFlip'),
    dict(type='PackSegInputs'),
]
train_dataloader = dict(
    sampler=dict(type='PoolSampler'),
    dataset=dict(
        type='PoolDataset',
        source=dict(pipeline=pool_pipeline),
        target=dict(
            _delete_=True, type='PseudoLabelDataset', dataset=dict(_base_.target_files), pipeline=pool_pipeline
        ),
    ),
)
