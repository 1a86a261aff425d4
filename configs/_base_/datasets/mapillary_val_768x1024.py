# Evaluation on Mapillary Vistas, 7 classes. Photos keep their aspect ratio and are filled up to 1024x768. Labels have
# their full size (label='full'); the authors have resized labels since June 2022 (label='resize'), and numbers of the
# two protocols cannot be compared.
test_pipeline = [
    dict(type='LoadImageFromFile', imdecode_backend='pillow'),
    dict(type='LoadLabelIds', required=False),
    dict(type='FitAndPad', scale=(1024, 768), label='full'),
    dict(type='PackSegInputs'),
]
val_dataloader = dict(
    batch_size=1,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='MapillaryDataset',
        data_root='data/mapillary',
        data_prefix=dict(img_path='validation/images', seg_map_path='validation/labels'),
        pipeline=test_pipeline,
    ),
)
test_dataloader = val_dataloader
val_evaluator = dict(type='UDAIoUMetric')
test_evaluator = val_evaluator
