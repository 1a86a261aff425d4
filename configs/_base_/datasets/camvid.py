# CamVid, day (labeled) to dusk (unlabeled), 11 classes. As published for the large tasks, crops of the source have
# the size at which the target is seen whole, in training and testing. Sides are 16 n + 1:
# then the features of a stride-16 network lie evenly on the image, at every size (see r18_dual.py).
source_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='LoadLabelIds'),
    dict(type='JitteredResize', scale=(321, 241), ratio_range=(0.8, 1.2)),
    dict(type='HardSampleCrop', crop_size=(193, 257), min_distinct=9),
    dict(type='HorizontalFlip', prob=0.5),
    dict(type='PackSegInputs'),
]
target_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='JitteredResize', scale=(257, 193), ratio_range=None),
    dict(type='PackSegInputs'),
]
resize = dict(type='Resize', interpolation='bicubic', backend='pillow')
# Stock image loading and labels where there are any: MMSegInferencer uses this pipeline, too.
test_pipeline = [
    dict(type='LoadImageFromFile', imdecode_backend='pillow'),
    dict(scale=(257, 193), **resize),
    dict(type='LoadLabelIds', required=False),
    dict(type='PackSegInputs'),
]
tta_pipeline = [
    dict(type='LoadImageStrict'),
    dict(
        type='TestTimeAug',
        transforms=[
            [dict(scale=(257, 193), **resize), dict(scale=(321, 241), **resize)],
            [dict(type='RandomFlip', prob=prob, direction='horizontal') for prob in (0.0, 1.0)],
            [dict(type='LoadLabelIds', required=False)],
            [dict(type='PackSegInputs')],
        ],
    ),
]

train_dataloader = dict(
    batch_size=4,
    num_workers=1,
    persistent_workers=True,
    sampler=dict(type='UDASampler'),
    dataset=dict(
        type='UDADataset',
        source=dict(type='CamVidDataset', data_root='data/camvid_day2dusk', pipeline=source_pipeline),
        target=dict(
            type='CamVidDataset',
            data_root='data/camvid_day2dusk',
            data_prefix=dict(img_path='images/dusk_train'),
            pipeline=target_pipeline,
        ),
    ),
)
val_dataloader = dict(
    batch_size=1,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='CamVidDataset',
        data_root='data/camvid_day2dusk',
        data_prefix=dict(img_path='images/dusk_val', seg_map_path='labels/dusk_val'),
        pipeline=test_pipeline,
    ),
)
test_dataloader = val_dataloader
val_evaluator = dict(type='UDAIoUMetric')
test_evaluator = val_evaluator
