# SYNTHIA with depth (labeled) to Mapillary Vistas (unlabeled), 7 classes. Photos keep their aspect ratio and are filled
# up to 1280x760. Evaluated on labels of full size (label='full'); the authors have resized labels since June 2022
# (label='resize' in the test pipeline), and numbers of the two protocols cannot be compared.
_base_ = './synthia2cs_7_grid_1280x760.py'

target_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='FitAndPad', scale=(1280, 760)),
    dict(type='PackSegInputs'),
]
test_pipeline = [
    dict(type='LoadImageFromFile', imdecode_backend='pillow'),
    dict(type='LoadLabelIds', required=False),
    dict(type='FitAndPad', scale=(1280, 760), label='full'),
    dict(type='PackSegInputs'),
]
train_dataloader = dict(
    dataset=dict(
        target=dict(
            type='MapillaryDataset',
            data_root='data/mapillary',
            data_prefix=dict(img_path='training/images'),
            pipeline=target_pipeline,
        )
    )
)
val_dataloader = dict(
    dataset=dict(
        type='MapillaryDataset',
        data_root='data/mapillary',
        data_prefix=dict(img_path='validation/images', seg_map_path='validation/labels'),
        pipeline=test_pipeline,
    )
)
test_dataloader = val_dataloader
