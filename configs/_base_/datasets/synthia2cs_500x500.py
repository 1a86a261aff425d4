# SYNTHIA (labeled) alone, crops of CRST's source training; tested on Cityscapes, 16 outputs.
_base_ = './cityscapes_val_1024x2048.py'

tta_pipeline = _base_.crst_tta_pipeline
source_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='LoadLabelIds'),
    dict(type='JitteredResize', scale=(2048, 1024), ratio_range=None),
    dict(type='CenteredMiningCrop', crop_size=(500, 500), resize='published'),
    dict(type='HorizontalFlip', prob=0.5),
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
            lane_marking_is_road=True,
            pipeline=source_pipeline,
        ),
        target=None,
    ),
)
val_dataloader = dict(dataset=dict(metainfo=dict(classes='synthia16')))
test_dataloader = val_dataloader
val_evaluator = test_evaluator = _base_.synthia_evaluator
