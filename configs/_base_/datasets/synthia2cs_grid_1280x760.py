# SYNTHIA with depth (labeled) to Cityscapes (unlabeled), all at 1280x760 without augmentation, one of each; 16 outputs.
# Label and depth of the source are sampled at the network's outputs, too: density is learned there.
_base_ = './synthia2cs_1280x760.py'

source_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='LoadLabelIds'),
    dict(type='LoadDepth'),
    dict(type='SampleDepthGrid', grid=(96, 161)),
    dict(type='JitteredResize', scale=(1280, 760), ratio_range=None),
    dict(type='PackDepthGrid'),
]
target_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='JitteredResize', scale=(1280, 760), ratio_range=None),
    dict(type='PackSegInputs'),
]
test_pipeline = [
    dict(type='LoadImageFromFile', imdecode_backend='pillow'),
    dict(type='Resize', scale=(1280, 760), interpolation='bicubic', backend='pillow'),
    dict(type='LoadLabelIds', required=False),
    dict(type='PackSegInputs'),
]
train_dataloader = dict(dataset=dict(source=dict(pipeline=source_pipeline), target=dict(pipeline=target_pipeline)))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader
