# SYNTHIA (labeled) alone, square crops as in CBST's code; tested on Cityscapes, 16 outputs.
_base_ = './cityscapes_val_1024x2048.py'

source_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='LoadLabelIds'),
    dict(type='RareClassCrop', crop_size=500, nominal_size=1280),
    dict(type='PackSegInputs'),
]
train_dataloader = dict(
    batch_size=4,
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
