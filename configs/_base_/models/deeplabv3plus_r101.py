# DeepLab-v3+ on ResNet-101 with output stride 16: last stage dilated by 2 times the multi-grid 1, 2, 4.
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
            type='ResNet',
            depth=101,
            strides=(1, 2, 2, 1),
            dilations=(1, 1, 1, 2),
            multi_grid=(2, 4, 8),
            out_indices=(0, 3),
            norm_cfg=dict(type='BN', requires_grad=True),
            init_cfg=dict(type='Pretrained', checkpoint='https://download.pytorch.org/models/resnet101-5d3b4d8f.pth'),
        ),
        decode_head=dict(type='DeepLabV3PlusHead', in_channels=(256, 2048), dilations=(1, 6, 12, 18), num_classes=19),
        train_cfg=dict(),
        test_cfg=dict(mode='whole'),
    ),
)
