# The toy data of tools/make_toy_data.py: "GTA5" (labeled) to "Cityscapes" (unlabeled), 256x128. As published for
# the large tasks, crops of the source have the size at which the target is seen whole. Sides are
# 16 n + 1: then the features of a stride-16 network lie evenly on the image, at every size (see ../small.py).
resize = dict(type='Resize', interpolation='bicubic', backend='pillow')
# Stock image loading and labels where there are any: MMSegInferencer uses this pipeline, too.
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

# What methods train on: `train_dataloader = _base_.<one of the loaders below>`.
load_labeled = [dict(type='LoadImageStrict'), dict(type='LoadLabelIds')]
colors = dict(type='PhotoMetricDistortion')
pack = dict(type='PackSegInputs')
source_files = dict(type='GTADataset', data_root='data/toy/gta', indices=64)  # the rest: validation
target_files = dict(
    type='CityscapesLabelIdsDataset',
    data_root='data/toy/cityscapes',
    data_prefix=dict(img_path='leftImg8bit/train'),
)

source_crop = [
    dict(type='JitteredResize', scale=(321, 161), ratio_range=(0.8, 1.2)),
    dict(type='HardSampleCrop', crop_size=(129, 257), min_distinct=9),
    dict(type='HorizontalFlip', prob=0.5),
]
source = dict(pipeline=[*load_labeled, *source_crop, pack], **source_files)
source_colors = dict(pipeline=[*load_labeled, *source_crop, colors, pack], **source_files)  # random ones
target = dict(
    pipeline=[
        dict(type='LoadImageStrict'),
        dict(type='JitteredResize', scale=(257, 129), ratio_range=None),
        pack,
    ],
    **target_files,
)
loader = dict(batch_size=4, num_workers=1, persistent_workers=True)
domains = dict(sampler=dict(type='UDASampler'), **loader)
source_only = dict(dataset=dict(type='UDADataset', source=source, target=None), **domains)
source_only_colors = dict(dataset=dict(type='UDADataset', source=source_colors, target=None), **domains)
source_and_target = dict(dataset=dict(type='UDADataset', source=source, target=target), **domains)
source_and_target_colors = dict(dataset=dict(type='UDADataset', source=source_colors, target=target), **domains)

# Self-training: labeled source and pseudo-labeled target crops in one pool, rare classes mined in both. Scales are
# factors of the images' own size.
pool_crop = [
    dict(type='CenteredMiningCrop', crop_size=(129, 257), scales=(0.8, 0.9, 1.0, 1.1, 1.2)),
    dict(type='HorizontalFlip', prob=0.5),
]
pool_source = dict(pipeline=[*load_labeled, *pool_crop, pack], **source_files)
pool_target = dict(type='PseudoLabelDataset', dataset=target_files, pipeline=[*load_labeled, *pool_crop, pack])
pool_soft_target = dict(pool_target, pipeline=[*load_labeled, *pool_crop, dict(type='PackSoftLabels')])
one_pool = dict(sampler=dict(type='PoolSampler'), **loader)
pool = dict(dataset=dict(type='PoolDataset', source=pool_source, target=pool_target), **one_pool)
pool_soft = dict(dataset=dict(type='PoolDataset', source=pool_source, target=pool_soft_target), **one_pool)
pool_without_source = dict(dataset=dict(type='PoolDataset', source=None, target=pool_target), **one_pool)
# The source alone with the crops of self-training.
pool_source_colors = dict(pipeline=[*load_labeled, *pool_crop, colors, pack], **source_files)
source_continued = dict(dataset=dict(type='UDADataset', source=pool_source, target=None), **domains)
source_continued_colors = dict(dataset=dict(type='UDADataset', source=pool_source_colors, target=None), **domains)

# Stage 2: pseudo-labeled target crops at the scale of testing, and the same images without labels.
labeled = dict(
    type='PseudoLabelDataset',
    dataset=target_files,
    pipeline=[
        *load_labeled,
        dict(type='JitteredResize', scale=(257, 129), ratio_range=(1.0, 1.2)),
        dict(type='HardSampleCrop', crop_size=(129, 257), min_distinct=7),
        dict(type='HorizontalFlip', prob=0.5),
        colors,
        pack,
    ],
)
stage2 = dict(dataset=dict(type='UDADataset', labeled_view='labeled', source=labeled, target=target), **domains)
