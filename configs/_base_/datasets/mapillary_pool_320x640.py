# Mapillary Vistas with pseudo labels, without source, filled up to 640x320, one image; 7 classes. The first 9,000
# training images; the authors' list of them can be given as ann_file instead of indices.
_base_ = './mapillary_val_320x640.py'

pool_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='FitAndPad', scale=(640, 320)),
    dict(type='LoadLabelIds'),  # labels were made at the size of training, with what is filled
    dict(type='PackSegInputs'),
]
train_dataloader = dict(
    batch_size=1,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='PoolSampler'),
    dataset=dict(
        type='PoolDataset',
        source=None,
        target=dict(
            type='PseudoLabelDataset',
            dataset=dict(
                type='MapillaryDataset',
                data_root='data/mapillary',
                data_prefix=dict(img_path='training/images'),
                indices=9000,
            ),
            pipeline=pool_pipeline,
        ),
    ),
)
