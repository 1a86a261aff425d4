# DeepLab-v3+ on MobileNetV2 with output stride 16.
model = dict(
    type='UDASegmentor',
    data_preprocessor=dict(
        type='UDADataPreprocessor',
        mean=[104.00698793, 116.66876762, 122.67891434],  # B, G, R
        std=[1.0, 1.0, 1.0],
    ),
    segmentor=dict(
        type='EncoderDecoder',
        backbone=dict(
            type='InputPaddedMobileNetV2',
            norm_cfg=dict(type='BN', requires_grad=True),
            init_cfg=dict(type='Pretrained', checkpoint='mmcls://mobilenet_v2'),
        ),
        decode_head=dict(type='DeepLabV3PlusHead', in_channels=(24, 320), dilations=(1, 6, 12, 18), num_classes=19),
        train_cfg=dict(),
        test_cfg=dict(mode='whole'),
    ),
)
