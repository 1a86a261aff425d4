# GTA5 (labeled) to Cityscapes (unlabeled), 19 classes.
source_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='LoadLabelIds', on_size_mismatch='resize'),  # a few published labels differ from their image
    dict(type='JitteredResize', scale=(1280, 720), ratio_range=(0.8, 1.2)),
    dict(type='HardSampleCrop', crop_size=(512, 1024), min_distinct=11),
    dict(type='HorizontalFlip', prob=0.5),
    dict(type='PackSegInputs'),
]
target_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='JitteredResize', scale=(1024, 512), ratio_range=None),
    dict(type='HardSampleCrop', crop_size=(512, 1024), min_distinct=None),
    dict(type='PackSegInputs'),
]
resize = dict(type='Resize', interpolation='bicubic', backend='pillow')
# Stock image loading and labels where there are any: MMSegInferencer uses this pipeline, too.
test_pipeline = [
    dict(type='LoadImageFromFile', imdecode_backend='pillow'),
    dict(scale=(1024, 512), **resize),
    dict(type='LoadLabelIds', required=False),
    dict(type='PackSegInputs'),
]
# `tools/test.py --tta`: the published protocol, two scales and their mirror images.
tta_pipeline = [
    dict(type='LoadImageStrict'),
    dict(
        type='TestTimeAug',
        transforms=[
            [dict(scale=(1024, 512), **resize), dict(scale=(1280, 640), **resize)],
            [
                dict(type='RandomFlip', prob=0.0, direction='horizontal'),
                dict(type='RandomFlip', prob=1.0, direction='horizontal'),
            ],
            [dict(type='LoadLabelIds', required=False)],
            [dict(type='PackSegInputs')],
        ],
    ),
]

train_dataloader = dict(
    batch_size=2,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='UDASampler'),
    dataset=dict(
        type='UDADataset',
        source=dict(type='GTADataset', data_root='data/gta', pipeline=source_pipeline),
        target=dict(
            type='CityscapesLabelIdsDataset',
            data_root='data/cityscapes',
            data_prefix=dict(img_path='leftImg8bit/train'),
            pipeline=target_pipeline,
        ),
    ),
)
val_dataloader = dict(
    batch_size=1,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='CityscapesLabelIdsDataset',
        data_root='data/cityscapes',
        data_prefix=dict(img_path='leftImg8bit/val', seg_map_path='gtFine/val'),
        pipeline=test_pipeline,
    ),
)
test_dataloader = val_dataloader
val_evaluator = dict(type='UDAIoUMetric')
test_evaluator = val_evaluator
