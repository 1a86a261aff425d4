# SYNTHIA (labeled) to Cityscapes (unlabeled), whole images without augmentation, one of each; 16 outputs.
_base_ = './gta2cs_1280x720.py'

source_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='LoadLabelIds'),
    dict(type='JitteredResize', scale=(1280, 760), ratio_range=None),
    dict(type='PackSegInputs'),
]
train_dataloader = dict(
    dataset=dict(
        source=dict(
            type='SynthiaDataset',
            data_root='data/synthia',
            metainfo=dict(classes='synthia16'),
            pipeline=source_pipeline,
        ),
        target=dict(metainfo=dict(classes='synthia16')),
    )
)
val_dataloader = dict(dataset=dict(metainfo=dict(classes='synthia16')))
test_dataloader = val_dataloader
val_evaluator = test_evaluator = _base_.synthia_evaluator
