# DeepLab-v2's classifier on ResNet-101 with output stride 16; see deeplabv2_drn54.py.
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
            norm_cfg=dict(type='BN', requires_grad=False),
            init_cfg=dict(type='Pretrained', checkpoint='https://download.pytorch.org/models/resnet101-5d3b4d8f.pth'),
        ),
        decode_head=dict(type='DeepLabV2Head', in_channels=2048, in_index=1, branches=2, num_classes=19),
        train_cfg=dict(),
        test_cfg=dict(mode='whole'),
    ),
)
