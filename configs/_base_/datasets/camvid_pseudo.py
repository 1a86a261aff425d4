# Stage 2: pseudo-labeled target crops at the scale of testing, and the same images without labels.
_base_ = './camvid.py'

train_dataloader = dict(
    dataset=dict(
        labeled_view='labeled',
        source=dict(
            _delete_=True,
            type='PseudoLabelDataset',
            dataset=dict(
                type='CamVidDataset', data_root='data/camvid_day2dusk', data_prefix=dict(img_path='images/dusk_train')
            ),
            pipeline=[
                dict(type='LoadImageStrict'),
                dict(type='LoadLabelIds'),
                dict(type='JitteredResize', scale=(257, 193), ratio_range=(1.0, 1.2)),
                dict(type='HardSampleCrop', crop_size=(193, 257), min_distinct=5),
                dict(type='HorizontalFlip', prob=0.5),
                dict(type='PhotoMetricDistortion'),
                dict(type='PackSegInputs'),
            ],
        ),
    )
)
