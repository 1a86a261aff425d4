# As synthia2mapillary_depth_760x1280.py, all at 640x320.
_base_ = './mapillary_val_320x640.py'

source_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='LoadLabelIds'),
    dict(type='LoadDepth'),
    dict(type='JitteredResize', scale=(640, 320), ratio_range=None),
    dict(type='PackPlanes'),
]
target_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='FitAndPad', scale=(640, 320)),
    dict(type='PackSegInputs'),
]
train_dataloader = dict(
    batch_size=1,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='UDASampler'),
    dataset=dict(
        type='UDADataset',
        source=dict(type='Synthia7Dataset', data_root='data/synthia', pipeline=source_pipeline),
        target=dict(
            type='MapillaryDataset',
            data_root='data/mapillary',
            data_prefix=dict(img_path='training/images'),
            pipeline=target_pipeline,
        ),
    ),
)
