# The toy data of tools/make_toy_data.py: "GTA5" (labeled) to "Cityscapes" (unlabeled), 256x128. As published for
# the large tasks, crops of the source have the size at which the target is seen whole. Sides
# are 32 n + 1: then the features of all strides lie evenly on the image, at every size (see ../small.py).
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
# Labeled source images that no method trains on: for choosing a checkpoint without labels of the target.
source_val_dataloader = dict(
    val_dataloader,
    dataset=dict(type='GTADataset', data_root='data/toy/gta', indices=list(range(320, 384)), pipeline=test_pipeline),
)

# What methods train on: `train_dataloader = _base_.<one of the loaders below>`. All labeled images have random colors
# and 1 to 1.5 times the size of the test images.
test_scale = (257, 129)
label_scales = [(257, 129), (321, 161)]
spatial_prior = dict(sigma=1.5, kernel=9)  # of CBST-SP: in proportion to the images
load_labeled = [dict(type='LoadImageStrict'), dict(type='LoadLabelIds')]
colors = dict(type='PhotoMetricDistortion')
pack = dict(type='PackSegInputs')
source_files = dict(type='GTADataset', data_root='data/toy/gta', indices=320)  # the rest: validation
target_files = dict(
    type='CityscapesLabelIdsDataset',
    data_root='data/toy/cityscapes',
    data_prefix=dict(img_path='leftImg8bit/train'),
)

crop = [
    dict(type='JitteredResize', scale=test_scale, ratio_range=(1.0, 1.5)),
    dict(type='HardSampleCrop', crop_size=(129, 257), min_distinct=9),
    dict(type='HorizontalFlip', prob=0.5),
    colors,
]
source = dict(pipeline=[*load_labeled, *crop, pack], **source_files)
target = dict(
    pipeline=[
        dict(type='LoadImageStrict'),
        dict(type='JitteredResize', scale=test_scale, ratio_range=None),
        pack,
    ],
    **target_files,
)
loader = dict(batch_size=4, num_workers=1, persistent_workers=True)
domains = dict(sampler=dict(type='UDASampler'), **loader)
source_only = dict(dataset=dict(type='UDADataset', source=source, target=None), **domains)
source_and_target = dict(dataset=dict(type='UDADataset', source=source, target=target), **domains)
# The labels of the target, which no method sees.
labeled_target = dict(target_files, data_prefix=dict(img_path='leftImg8bit/train', seg_map_path='gtFine/train'))
oracle = dict(dataset=dict(type='UDADataset', source=dict(source, **labeled_target), target=None), **domains)

# Self-training: labeled source and pseudo-labeled target crops in one pool, rare classes mined in both. Scales are
# factors of the images' own size.
pool_crop = [
    dict(type='CenteredMiningCrop', crop_size=(129, 257), scales=(1.0, 1.125, 1.25, 1.375, 1.5)),
    dict(type='HorizontalFlip', prob=0.5),
    colors,
]
pool_source = dict(pipeline=[*load_labeled, *pool_crop, pack], **source_files)
pool_target = dict(type='PseudoLabelDataset', dataset=target_files, pipeline=[*load_labeled, *pool_crop, pack])
pool_soft_target = dict(pool_target, pipeline=[*load_labeled, *pool_crop, dict(type='PackSoftLabels')])
one_pool = dict(sampler=dict(type='PoolSampler'), **loader)
pool = dict(dataset=dict(type='PoolDataset', source=pool_source, target=pool_target), **one_pool)
pool_soft = dict(dataset=dict(type='PoolDataset', source=pool_source, target=pool_soft_target), **one_pool)
pool_without_source = dict(dataset=dict(type='PoolDataset', source=None, target=pool_target), **one_pool)

# Stage 2: pseudo-labeled target crops, and the same images without labels.
labeled = dict(type='PseudoLabelDataset', dataset=target_files, pipeline=[*load_labeled, *crop, pack])
stage2 = dict(dataset=dict(type='UDADataset', labeled_view='labeled', source=labeled, target=target), **domains)
# The same with negative labels beside the pseudo labels.
load_negative = dict(type='LoadPlanes', names=['negative'])
labeled_negative = dict(labeled, pipeline=[*load_labeled, load_negative, *crop, dict(type='PackPlanes')])
stage2_negative = dict(
    dataset=dict(type='UDADataset', labeled_view='labeled', source=labeled_negative, target=target), **domains
)
# The same labels alone, for rounds.
stage2_pool = dict(dataset=dict(type='PoolDataset', source=None, target=labeled), **one_pool)
