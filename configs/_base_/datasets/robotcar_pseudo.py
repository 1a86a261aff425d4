# Stage 2 of Cityscapes to RobotCar: pseudo-labeled RobotCar crops, and the same images without labels.
_base_ = './cs2robotcar.py'

source_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='LoadLabelIds'),
    dict(type='JitteredResize', scale=(1280, 960), ratio_range=(0.8, 1.2)),
    dict(type='HardSampleCrop', crop_size=(256, 512), min_distinct=5),
    dict(type='HorizontalFlip', prob=0.5),
    dict(type='PackSegInputs'),
]
target_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='JitteredResize', scale=(1280, 960), ratio_range=None),
    dict(type='HardSampleCrop', crop_size=(256, 512), min_distinct=None),
    dict(type='PackSegInputs'),
]
train_dataloader = dict(
    batch_size=9,
    dataset=dict(
        labeled_view='labeled',
        source=dict(
            _delete_=True,
            type='PseudoLabelDataset',
            dataset=dict(type='RobotCarDataset', data_root='data/robotcar', data_prefix=dict(img_path='train')),
            pipeline=source_pipeline,
        ),
        target=dict(pipeline=target_pipeline),
    ),
)
