# GTA5 (labeled) to Cityscapes (unlabeled), whole images without augmentation, one of each.
_base_ = './cityscapes_val_512x1024.py'

source_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='LoadLabelIds', on_size_mismatch='resize'),
    dict(type='JitteredResize', scale=(1280, 720), ratio_range=None),
    dict(type='PackSegInputs'),
]
target_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='JitteredResize', scale=(1024, 512), ratio_range=None),
    dict(type='PackSegInputs'),
]
train_dataloader = dict(
    batch_size=1,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='UDASampler'),
    dataset=dict(
        type='UDADataset',
        source=dict(type='GTADataset', data_root='data/gta', pipeline=source_pipeline),
        target=dict(
            type='CityscapesLabelIdsDataset',
            data_root='data/cityscapes',
            data_prefix=dict(img_path='leftImg8bit/train'),
            pipeline=target_pipeline,
        ),
    ),
)
