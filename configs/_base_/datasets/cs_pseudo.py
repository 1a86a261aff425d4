# Stage 2 of GTA5 to Cityscapes: pseudo-labeled Cityscapes crops, and the same images without labels.
_base_ = './gta2cs.py'

source_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='LoadLabelIds'),
    dict(type='JitteredResize', scale=(1280, 640), ratio_range=(0.8, 1.2)),
    dict(type='HardSampleCrop', crop_size=(256, 512), min_distinct=11),
    dict(type='HorizontalFlip', prob=0.5),
    dict(type='PackSegInputs'),
]
target_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='JitteredResize', scale=(1024, 512), ratio_range=None),
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
            dataset=dict(
                type='CityscapesLabelIdsDataset',
                data_root='data/cityscapes',
                data_prefix=dict(img_path='leftImg8bit/train'),
            ),
            pipeline=source_pipeline,
        ),
        target=dict(pipeline=target_pipeline),
    ),
)
