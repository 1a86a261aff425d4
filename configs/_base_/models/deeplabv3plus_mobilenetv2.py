# DeepLab-v3+ on MobileNetV2 with output stride 16.
_base_ = './deeplabv3plus_drn54.py'

model = dict(
    segmentor=dict(
        backbone=dict(
            _delete_=True,
            type='InputPaddedMobileNetV2',
            norm_cfg=dict(type='BN', requires_grad=True),
            init_cfg=dict(type='Pretrained', checkpoint='mmcls://mobilenet_v2'),
        ),
        decode_head=dict(in_channels=(24, 320), dilations=(1, 6, 12, 18)),
    )
)
