# SYNTHIA (labeled) to Cityscapes (unlabeled), crops of CRST's source training; 16 outputs.
_base_ = ['./gta2cs_500x500.py', './synthia16.py']

metainfo = _base_.metainfo
source_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='LoadLabelIds'),
    dict(type='JitteredResize', scale=(2048, 1024), ratio_range=None),
    dict(type='CenteredMiningCrop', crop_size=(500, 500), resize='published'),
    dict(type='HorizontalFlip', prob=0.5),
    dict(type='PackSegInputs'),
]
train_dataloader = dict(
    dataset=dict(
        source=dict(
            type='SynthiaDataset',
            data_root='data/synthia',
            metainfo=metainfo,
            lane_marking_is_road=True,
            pipeline=source_pipeline,
        ),
        target=dict(metainfo=metainfo),
    )
)
val_dataloader = dict(dataset=dict(metainfo=metainfo))
test_dataloader = val_dataloader
val_evaluator = dict(type='UDAIoUMetric', protocols=dict(mIoU16='synthia16', mIoU13='synthia13'))
test_evaluator = val_evaluator
