# Stage 2: pseudo-labeled target crops at the scale of testing, and the same images without labels.
_base_ = './toy.py'

train_dataloader = dict(
    dataset=dict(
        labeled_view='labeled',
        source=dict(
            _delete_=True,
            type='PseudoLabelDataset',
            dataset=dict(
                type='CityscapesLabelIdsDataset',
                data_root='data/toy/cityscapes',
                data_prefix=dict(img_path='leftImg8bit/train'),
            ),
            pipeline=[
                dict(type='LoadImageStrict'),
                dict(type='LoadLabelIds'),
                dict(type='JitteredResize', scale=(257, 129), ratio_range=(1.0, 1.2)),
                dict(type='HardSampleCrop', crop_size=(129, 257), min_distinct=7),
                dict(type='HorizontalFlip', prob=0.5),
                dict(type='PhotoMetricDistortion'),
                dict(type='PackSegInputs'),
            ],
        ),
    )
)
