# Evaluation on Oxford RobotCar, 9 classes.
resize = dict(type='Resize', interpolation='bicubic', backend='pillow')
# Stock image loading and labels where there are any: MMSegInferencer uses this pipeline, too.
test_pipeline = [
    dict(type='LoadImageFromFile', imdecode_backend='pillow'),
    dict(scale=(1280, 960), **resize),
    dict(type='LoadLabelIds', required=False),
    dict(type='PackSegInputs'),
]
# `tools/test.py --tta`: the published protocol, two scales and their mirror images.
tta_pipeline = [
    dict(type='LoadImageStrict'),
    dict(
        type='TestTimeAug',
        transforms=[
            [dict(scale=(1280, 960), **resize), dict(scale=(1024, 768), **resize)],
            [
                dict(type='RandomFlip', prob=0.0, direction='horizontal'),
                dict(type='RandomFlip', prob=1.0, direction='horizontal'),
            ],
            [dict(type='LoadLabelIds', required=False)],
            [dict(type='PackSegInputs')],
        ],
    ),
]

val_dataloader = dict(
    batch_size=1,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='RobotCarDataset',
        data_root='data/robotcar',
        data_prefix=dict(img_path='val', seg_map_path='anno'),
        pipeline=test_pipeline,
    ),
)
test_dataloader = val_dataloader
val_evaluator = dict(type='UDAIoUMetric')
test_evaluator = val_evaluator
