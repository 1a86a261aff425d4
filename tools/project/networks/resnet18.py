# ResNet-18 from its ImageNet weights, below the pyramid and the two classifiers of the small network. BatchNorm keeps
# the statistics of ImageNet, so that nothing but a method adapts it.
_base_ = './data.py'

network = dict(
    data_preprocessor=dict(mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375], bgr_to_rgb=True),
    segmentor=dict(
        backbone=dict(
            _delete_=True,
            type='ResNet',
            depth=18,
            out_indices=(0, 1, 2, 3),
            norm_cfg=dict(type='BN', requires_grad=True),
            norm_eval=True,
            init_cfg=dict(type='Pretrained', checkpoint='https://download.pytorch.org/models/resnet18-f37072fd.pth'),
        ),
        neck=dict(in_channels=[64, 128, 256, 512]),
        decode_head=dict(num_classes=len(_base_.classes)),
    ),
)
# The backbone learns at a tenth of the rate of the rest.
optimization = dict(paramwise_cfg=dict(custom_keys=dict(backbone=dict(lr_mult=0.1))))
