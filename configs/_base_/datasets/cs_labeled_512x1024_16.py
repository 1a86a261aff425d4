# Cityscapes with pseudo labels alone, at 1024x512 without augmentation, one image; 16 outputs.
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
                type='CityscapesLabelIdsDataset',
                data_root='data/cityscapes',
                data_prefix=dict(img_path='leftImg8bit/train'),
                metainfo=dict(classes='synthia16'),
            ),
            pipeline=labeled_pipeline,
        ),
        target=None,
    ),
)
val_dataloader = dict(dataset=dict(metainfo=dict(classes='synthia16')))
test_dataloader = val_dataloader
val_evaluator = test_evaluator = _base_.synthia_evaluator
