# Stage 2 with RobotCar as the target: pseudo-labeled crops, and the same images without labels.
_base_ = './robotcar_val_960x1280.py'

labeled_pipeline = [
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
images = dict(type='RobotCarDataset', data_root='data/robotcar', data_prefix=dict(img_path='train'))
train_dataloader = dict(
    batch_size=9,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='UDASampler'),
    dataset=dict(
        type='UDADataset',
        labeled_view='labeled',
        source=dict(type='PseudoLabelDataset', dataset=images, pipeline=labeled_pipeline),
        target=dict(pipeline=target_pipeline, **images),
    ),
)
