# SYNTHIA (labeled, 16 classes) to Cityscapes (unlabeled): outputs and confusion matrix keep all 19 classes.
_base_ = './cityscapes_val_512x1024_half_labels.py'

source_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='LoadLabelIds'),
    dict(type='JitteredResize', scale=(1280, 760), ratio_range=None),
    dict(type='HardSampleCrop', crop_size=(512, 512), min_distinct=None),
    dict(type='PackSegInputs'),
]
target_pipeline = [
    dict(type='LoadImageStrict'),
    _base_.resize,
    dict(type='HardSampleCrop', crop_size=(512, 512), min_distinct=None),
    dict(type='PackSegInputs'),
]
train_dataloader = dict(
    batch_size=2,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='UDASampler'),
    dataset=dict(
        type='UDADataset',
        source=dict(type='SynthiaDataset', data_root='data/synthia', pipeline=source_pipeline),
        target=dict(
            type='CityscapesLabelIdsDataset',
            data_root='data/cityscapes',
            data_prefix=dict(img_path='leftImg8bit/train'),
            pipeline=target_pipeline,
        ),
    ),
)
val_evaluator = test_evaluator = _base_.synthia_evaluator
