# SYNTHIA to Cityscapes in one pool, wide crops as in CRST; 16 outputs, as published. Source images are stretched to
# the size of Cityscapes' first.
_base_ = './cityscapes_val_1024x2048.py'

tta_pipeline = _base_.crst_tta_pipeline
source_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='LoadLabelIds'),
    dict(type='JitteredResize', scale=(2048, 1024), ratio_range=None),
    # 0.8 to 1.2 in steps of 0.1; the published draw never gives 1.2, as (1.2 - 0.8) * 10 is a little less than 4
    dict(type='CenteredMiningCrop', crop_size=(600, 900), scales=(0.8, 0.9, 1.0, 1.1), resize='published'),
    dict(type='HorizontalFlip', prob=0.5),
    dict(type='PackSegInputs'),
]
target_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='LoadLabelIds'),
    dict(
        type='CenteredMiningCrop',
        crop_size=(600, 900),
        scales=(0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4, 1.5),
        resize='published',
    ),
    dict(type='HorizontalFlip', prob=0.5),
    dict(type='PackSegInputs'),
]
train_dataloader = dict(
    batch_size=2,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='PoolSampler'),
    dataset=dict(
        type='PoolDataset',
        source=dict(
            type='SynthiaDataset',
            data_root='data/synthia',
            metainfo=dict(classes='synthia16'),
            lane_marking_is_road=True,
            pipeline=source_pipeline,
        ),
        target=dict(
            type='PseudoLabelDataset',
            dataset=dict(
                type='CityscapesLabelIdsDataset',
                data_root='data/cityscapes',
                data_prefix=dict(img_path='leftImg8bit/train'),
                metainfo=dict(classes='synthia16'),
            ),
            pipeline=target_pipeline,
        ),
    ),
)
val_dataloader = dict(dataset=dict(metainfo=dict(classes='synthia16')))
test_dataloader = val_dataloader
val_evaluator = test_evaluator = _base_.synthia_evaluator
