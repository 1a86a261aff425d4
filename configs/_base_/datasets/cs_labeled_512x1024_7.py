# Cityscapes with pseudo labels alone, at 1024x512 without augmentation, one image; 7 classes.
_base_ = './cityscapes_val_512x1024.py'

labeled_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='LoadLabelIds', on_size_mismatch='resize'),  # labels were made at the size of training
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
        labeled_view='labeled',
        source=dict(
            type='PseudoLabelDataset',
            dataset=dict(
                type='Cityscapes7Dataset',
                data_root='data/cityscapes',
                data_prefix=dict(img_path='leftImg8bit/train'),
            ),
            pipeline=labeled_pipeline,
        ),
        target=None,
    ),
)
val_dataloader = dict(dataset=dict(type='Cityscapes7Dataset'))
test_dataloader = val_dataloader
