# As synthia2cs_1280x760.py, with the inverse depth of the source.
_base_ = './synthia2cs_1280x760.py'

source_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='LoadLabelIds'),
    dict(type='LoadDepth'),
    dict(type='JitteredResize', scale=(1280, 760), ratio_range=None),
    dict(type='PackPlanes'),
]
train_dataloader = dict(dataset=dict(source=dict(pipeline=source_pipeline)))
