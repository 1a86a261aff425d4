# Cityscapes (labeled) to Oxford RobotCar (unlabeled), 9 classes.
_base_ = './robotcar_val_960x1280.py'

source_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='LoadLabelIds'),
    dict(type='JitteredResize', scale=(1280, 720), ratio_range=None),
    dict(type='HardSampleCrop', crop_size=(512, 1024), min_distinct=None),
    dict(type='HorizontalFlip', prob=0.5),
    dict(type='PackSegInputs'),
]
target_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='JitteredResize', scale=(1280, 960), ratio_range=None),
    dict(type='HardSampleCrop', crop_size=(512, 1024), min_distinct=None),
    dict(type='PackSegInputs'),
]
train_dataloader = dict(
    batch_size=2,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='UDASampler'),
    dataset=dict(
        type='UDADataset',
        source=dict(type='Cityscapes9Dataset', data_root='data/cityscapes', pipeline=source_pipeline),
        target=dict(
            type='RobotCarDataset',
            data_root='data/robotcar',
            data_prefix=dict(img_path='train'),
            pipeline=target_pipeline,
        ),
    ),
)
