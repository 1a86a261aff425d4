# DeepLab-v3+ on MobileNetV2 with output stride 16.
_base_ = './deeplabv3plus_drn54.py'

model = dict(
    segmentor=dict(
        backbone=dict(
            _delete_=True,
            type='MobileNetV2',
            strides=(1, 2, 2, 2, 1, 1, 1),
            dilations=(1, 1, 1, 1, 1, 2, 2),
            out_indices=(1, 6),
            norm_cfg=dict(type='BN', requires_grad=True),
            init_cfg=dict(type='Pretrained', checkpoint='mmcls://mobilenet_v2')),
        decode_head=dict(in_channels=(24, 320), dilations=(1, 6, 12, 18))))
