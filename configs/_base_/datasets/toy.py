# The toy data of tools/make_toy_data.py: "GTA5" (labelled) to "Cityscapes" (unlabelled), 256x128.
source_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='LoadLabelIds'),
    dict(type='JitteredResize', scale=(256, 128), ratio_range=(1., 1.25)),
    dict(type='HardSampleCrop', crop_size=(128, 256), min_distinct=9),
    dict(type='HorizontalFlip', prob=0.5),
    dict(type='PackSegInputs'),
]
target_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='JitteredResize', scale=(256, 128), ratio_range=(1., 1.25)),
    dict(type='HardSampleCrop', crop_size=(128, 256), min_distinct=None),
    dict(type='HorizontalFlip', prob=0.5),
    dict(type='PackSegInputs'),
]
# Stock image loading and labels where there are any: MMSegInferencer uses this pipeline, too.
test_pipeline = [
    dict(type='LoadImageFromFile', imdecode_backend='pillow'),
    dict(type='LoadLabelIds', required=False),
    dict(type='PackSegInputs'),
]
tta_pipeline = [
    dict(type='LoadImageStrict'),
    dict(
        type='TestTimeAug',
        transforms=[
            [dict(type='Resize', scale_factor=factor, backend='pillow', interpolation='bicubic')
             for factor in (1., 1.25)],
            [dict(type='RandomFlip', prob=prob, direction='horizontal') for prob in (0., 1.)],
            [dict(type='LoadLabelIds')],
            [dict(type='PackSegInputs')],
        ]),
]

train_dataloader = dict(
    batch_size=4,
    num_workers=1,
    persistent_workers=True,
    sampler=dict(type='UDASampler'),
    dataset=dict(
        type='UDADataset',
        source=dict(
            type='GTADataset', data_root='data/toy/gta', indices=64, pipeline=source_pipeline),  # the rest: validation
        target=dict(
            type='CityscapesLabelIdsDataset',
            data_root='data/toy/cityscapes',
            data_prefix=dict(img_path='leftImg8bit/train'),
            pipeline=target_pipeline)))
val_dataloader = dict(
    batch_size=1,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='CityscapesLabelIdsDataset',
        data_root='data/toy/cityscapes',
        data_prefix=dict(img_path='leftImg8bit/val', seg_map_path='gtFine/val'),
        pipeline=test_pipeline))
test_dataloader = val_dataloader
val_evaluator = dict(type='UDAIoUMetric')
test_evaluator = val_evaluator
