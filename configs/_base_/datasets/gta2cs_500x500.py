# GTA5 (labeled) alone, crops of CRST's source training; tested on Cityscapes.
_base_ = './cityscapes_val_1024x2048.py'

tta_pipeline = _base_.crst_tta_pipeline
source_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='LoadLabelIds', on_size_mismatch='resize'),  # a few published labels differ from their image
    dict(type='CenteredMiningCrop', crop_size=(500, 500), resize='published'),
    dict(type='HorizontalFlip', prob=0.5),
    dict(type='PackSegInputs'),
]
train_dataloader = dict(
    batch_size=4,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='UDASampler'),
    dataset=dict(
        type='UDADataset',
        source=dict(type='GTADataset', data_root='data/gta', pipeline=source_pipeline),
        target=None,
    ),
)
