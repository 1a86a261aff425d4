# Evaluation on Cityscapes at half size, labels and all, 19 classes: the protocol of DACS.
resize = dict(type='Resize', scale=(1024, 512), interpolation='bilinear', backend='pillow')
# As published: predictions are compared with labels of half the size. Testing at full size, and inference on images
# of other sizes, is configs/dacs/gta2cs_full_size.py.
test_pipeline = [
    dict(type='LoadImageFromFile', imdecode_backend='pillow'),
    dict(type='LoadLabelIds', required=False),
    resize,  # the label, too: nearest
    dict(type='KeyMapper', transforms=[], mapping=dict(size='img_shape'), remapping=dict(size='ori_shape')),
    dict(type='PackSegInputs'),
]
# `tools/test.py --tta`: the image and its mirror image, compared at full size.
tta_pipeline = [
    dict(type='LoadImageStrict'),
    dict(
        type='TestTimeAug',
        transforms=[
            [resize],
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
