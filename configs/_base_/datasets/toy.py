# The toy data of tools/make_toy_data.py: "GTA5" (labeled) to "Cityscapes" (unlabeled), 256x128. As published for
# the large tasks, crops of the source have the size at which the target is seen whole. Sides are
# 16 n + 1: then the features of a stride-16 network lie evenly on the image, at every size (see r18_dual.py).
source_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='LoadLabelIds'),
    dict(type='JitteredResize', scale=(321, 161), ratio_range=(0.8, 1.2)),
    dict(type='HardSampleCrop', crop_size=(129, 257), min_distinct=9),
    dict(type='HorizontalFlip', prob=0.5),
    dict(type='PackSegInputs'),
]
target_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='JitteredResize', scale=(257, 129), ratio_range=None),
    dict(type='PackSegInputs'),
]
# Stock image loading and labels where there are any: MMSegInferencer uses this pipeline, too.
resize = dict(type='Resize', interpolation='bicubic', backend='pillow')
test_pipeline = [
    dict(type='LoadImageFromFile', imdecode_backend='pillow'),
    dict(scale=(257, 129), **resize),
    dict(type='LoadLabelIds', required=False),
    dict(type='PackSegInputs'),
]
tta_pipeline = [
    dict(type='LoadImageStrict'),
    dict(
        type='TestTimeAug',
        transforms=[
            [dict(scale=(257, 129), **resize), dict(scale=(321, 161), **resize)],
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
        source=dict(
            type='GTADataset', data_root='data/toy/gta', indices=64, pipeline=source_pipeline
        ),  # the rest: validation
        target=dict(
            type='CityscapesLabelIdsDataset',
            data_root='data/toy/cityscapes',
            data_prefix=dict(img_path='leftImg8bit/train'),
            pipeline=target_pipeline,
        ),
    ),
)
val_dataloader = dict(
    batch_size=1,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='CityscapesLabelIdsDataset',
        data_root='data/toy/cityscapes',
        data_prefix=dict(img_path='leftImg8bit/val', seg_map_path='gtFine/val'),
        pipeline=test_pipeline,
    ),
)
test_dataloader = val_dataloader
val_evaluator = dict(type='UDAIoUMetric')
test_evaluator = val_evaluator
