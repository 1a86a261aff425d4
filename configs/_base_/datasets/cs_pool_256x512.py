# Cityscapes with pseudo labels and no source, as ensemble distillation trains its student: half size, crops of
# 512x256, neither scaled nor flipped. Tested at half size, against labels of full size.
_base_ = './cityscapes_val_512x1024.py'

pool_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='LoadLabelIds'),
    dict(type='JitteredResize', scale=(1024, 512), ratio_range=None),
    dict(type='RandomCrop', crop_size=(256, 512)),
    dict(type='PackSegInputs'),
]
train_dataloader = dict(
    batch_size=10,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='PoolSampler'),
    dataset=dict(
        type='PoolDataset',
        source=None,
        target=dict(
            type='PseudoLabelDataset',
            dataset=dict(
                type='CityscapesLabelIdsDataset',
                data_root='data/cityscapes',
                data_prefix=dict(img_path='leftImg8bit/train'),
            ),
            pipeline=pool_pipeline,
        ),
    ),
)
