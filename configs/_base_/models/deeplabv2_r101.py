# DeepLab-v2's ResNet-101 with the four-branch classifier of CRST; BatchNorm is frozen altogether.
#
# The backbone starts from torchvision's ImageNet weights. A model trained on the source is loaded whole:
#   --cfg-options load_from=pretrained/deeplabv2_r101_gta.pth
model = dict(
    type='UDASegmentor',
    data_preprocessor=dict(
        type='UDADataPreprocessor',
        mean=[123.675, 116.28, 103.53],  # R, G, B
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True,
    ),
    segmentor=dict(
        type='EncoderDecoder',
        backbone=dict(
            type='DeepLabResNet',
            depth=101,
            norm_cfg=dict(type='BN', requires_grad=False),
            norm_eval=True,
            init_cfg=dict(type='Pretrained', checkpoint='https://download.pytorch.org/models/resnet101-5d3b4d8f.pth'),
        ),
        decode_head=dict(type='DeepLabV2Head', in_channels=2048, in_index=3, num_classes=19),
        train_cfg=dict(),
        test_cfg=dict(mode='whole'),
    ),
)
