# SYNTHIA (labeled) to Cityscapes (unlabeled), whole images without augmentation, one of each; 7 classes.
_base_ = './cityscapes_val_512x1024.py'

source_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='LoadLabelIds'),
    dict(type='JitteredResize', scale=(1280, 760), ratio_range=None),
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
        source=dict(type='Synthia7Dataset', data_root='data/synthia', pipeline=source_pipeline),
        target=dict(
            type='Cityscapes7Dataset',
            data_root='data/cityscapes',
            data_prefix=dict(img_path='leftImg8bit/train'),
            pipeline=target_pipeline,
        ),
    ),
)
val_dataloader = dict(dataset=dict(type='Cityscapes7Dataset'))
test_dataloader = val_dataloader
