# As synthia2cs_7_grid_1280x760.py, all at 640x320. The cells are sampled from the source at full size, as published.
_base_ = './synthia2cs_7_grid_1280x760.py'

source_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='LoadLabelIds'),
    dict(type='LoadDepth'),
    dict(type='SampleDepthGrid', grid=(41, 81)),
    dict(type='JitteredResize', scale=(640, 320), ratio_range=None),
    dict(type='PackDepthGrid'),
]
target_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='JitteredResize', scale=(640, 320), ratio_range=None),
    dict(type='PackSegInputs'),
]
test_pipeline = [
    dict(type='LoadImageFromFile', imdecode_backend='pillow'),
    dict(type='Resize', scale=(640, 320), interpolation='bicubic', backend='pillow'),
    dict(type='LoadLabelIds', required=False),
    dict(type='PackSegInputs'),
]
train_dataloader = dict(dataset=dict(source=dict(pipeline=source_pipeline), target=dict(pipeline=target_pipeline)))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader
