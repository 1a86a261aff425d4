# Evaluation on Cityscapes at 1280x760 against labels of full size.
resize = dict(type='Resize', interpolation='bicubic', backend='pillow')
# Stock image loading and labels where there are any: MMSegInferencer uses this pipeline, too.
test_pipeline = [
    dict(type='LoadImageFromFile', imdecode_backend='pillow'),
    dict(scale=(1280, 760), **resize),
    dict(type='LoadLabelIds', required=False),
    dict(type='PackSegInputs'),
]
# `tools/test.py --tta`: this size and its mirror image.
tta_pipeline = [
    dict(type='LoadImageStrict'),
    dict(
        type='TestTimeAug',
        transforms=[
            [dict(scale=(1280, 760), **resize)],
            [dict(type='RandomFlip', prob=prob, direction='horizontal') for prob in (0.0, 1.0)],
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
        type='CityscapesLabelIdsDataset',
        data_root='data/cityscapes',
        data_prefix=dict(img_path='leftImg8bit/val', seg_map_path='gtFine/val'),
        pipeline=test_pipeline,
    ),
)
test_dataloader = val_dataloader
val_evaluator = dict(type='UDAIoUMetric')
test_evaluator = val_evaluator

# For models that were trained on SYNTHIA.
synthia_evaluator = dict(type='UDAIoUMetric', protocols=dict(mIoU16='synthia16', mIoU13='synthia13'))
