# Mapillary Vistas with pseudo labels alone, filled up to 1024x768, one image; 7 classes.
_base_ = './mapillary_val_768x1024.py'

labeled_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='FitAndPad', scale=(1024, 768)),
    dict(type='LoadLabelIds'),  # labels were made at the size of training, with what is filled
    dict(type='PackSegInputs'),
]
train_dataloader = dict(
    batch_size=1,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='UDASampler'),
    dataset=dict(
        type='UDADataset',
        labeled_view='labeled',
        source=dict(
            type='PseudoLabelDataset',
            dataset=dict(
                type='MapillaryDataset',
                data_root='data/mapillary',
                data_prefix=dict(img_path='training/images'),
            ),
            pipeline=labeled_pipeline,
        ),
        target=None,
    ),
)
