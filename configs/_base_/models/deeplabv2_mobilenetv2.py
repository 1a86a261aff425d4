# DeepLab-v2's classifier on MobileNetV2 with output stride 16; see deeplabv2_drn54.py.
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
            norm_cfg=dict(type='BN', requires_grad=False),
            init_cfg=dict(type='Pretrained', checkpoint='mmcls://mobilenet_v2'),
        ),
        decode_head=dict(type='DeepLabV2Head', in_channels=320, in_index=1, branches=2, num_classes=19),
        train_cfg=dict(),
        test_cfg=dict(mode='whole'),
    ),
)
