# GTA5 (labeled) to Cityscapes (unlabeled), whole images without augmentation, one of each.
_base_ = './gta2cs.py'

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
    batch_size=1, dataset=dict(source=dict(pipeline=source_pipeline), target=dict(pipeline=target_pipeline))
)
