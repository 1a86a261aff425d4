# GTA5 (labeled) to Cityscapes (unlabeled), 19 classes; square crops as in the code of DACS.
_base_ = './cityscapes_val_512x1024_half_labels.py'

source_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='LoadLabelIds', on_size_mismatch='resize'),  # a few published labels differ from their image
    dict(type='JitteredResize', scale=(1280, 720), ratio_range=None),
    dict(type='HardSampleCrop', crop_size=(512, 512), min_distinct=None),
    dict(type='PackSegInputs'),
]
target_pipeline = [
    dict(type='LoadImageStrict'),
    _base_.resize,
    dict(type='HardSampleCrop', crop_size=(512, 512), min_distinct=None),
    dict(type='PackSegInputs'),
]
train_dataloader = dict(
    batch_size=2,
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
