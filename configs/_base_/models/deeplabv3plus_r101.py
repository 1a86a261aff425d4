# DeepLab-v3+ on ResNet-101 with output stride 16: last stage dilated by 2 times the multi-grid 1, 2, 4.
_base_ = './deeplabv3plus_drn54.py'

model = dict(
    segmentor=dict(
        backbone=dict(
            _delete_=True,
            type='ResNet',
            depth=101,
            strides=(1, 2, 2, 1),
            dilations=(1, 1, 1, 2),
            multi_grid=(2, 4, 8),
            out_indices=(0, 3),
            norm_cfg=dict(type='BN', requires_grad=True),
            init_cfg=dict(type='Pretrained', checkpoint='https://download.pytorch.org/models/resnet101-5d3b4d8f.pth'),
        ),
        decode_head=dict(in_channels=(256, 2048), dilations=(1, 6, 12, 18)),
    )
)
