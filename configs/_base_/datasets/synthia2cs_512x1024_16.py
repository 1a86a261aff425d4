# SYNTHIA (labeled) alone, tested on Cityscapes, for networks with 16 outputs.
_base_ = './cityscapes_val_512x1024.py'

source_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='LoadLabelIds'),
    dict(type='JitteredResize', scale=(1280, 720), ratio_range=(0.8, 1.2)),
    dict(type='HardSampleCrop', crop_size=(512, 1024), min_distinct=11),
    dict(type='HorizontalFlip', prob=0.5),
    dict(type='PackSegInputs'),
]
train_dataloader = dict(
    batch_size=2,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='UDASampler'),
    dataset=dict(
        type='UDADataset',
        source=dict(
            type='SynthiaDataset',
            data_root='data/synthia',
            metainfo=dict(classes='synthia16'),
            pipeline=source_pipeline,
        ),
        target=None,
    ),
)
val_dataloader = dict(dataset=dict(metainfo=dict(classes='synthia16')))
test_dataloader = val_dataloader
val_evaluator = test_evaluator = _base_.synthia_evaluator
