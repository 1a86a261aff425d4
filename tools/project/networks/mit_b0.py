# SegFormer's encoder B0 from its ImageNet weights, below the pyramid and the two classifiers of the small network.
# It has no batch statistics.
_base_ = './data.py'

network = dict(
    data_preprocessor=dict(mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375], bgr_to_rgb=True),
    segmentor=dict(
        backbone=dict(
            _delete_=True,
            type='MixVisionTransformer',
            embed_dims=32,
            num_layers=[2, 2, 2, 2],
            num_heads=[1, 2, 5, 8],
            patch_sizes=[7, 3, 3, 3],
            sr_ratios=[8, 4, 2, 1],
            out_indices=(0, 1, 2, 3),
            mlp_ratio=4,
            qkv_bias=True,
            drop_path_rate=0.1,
            init_cfg=dict(
                type='Pretrained',
                checkpoint='https://download.openmmlab.com/mmsegmentation/v0.5/pretrain/segformer/'
                'mit_b0_20220624-7e0fe6dd.pth',
            ),
        ),
        neck=dict(in_channels=[32, 64, 160, 256]),
        decode_head=dict(num_classes=len(_base_.classes)),
    ),
)
# The backbone learns at a tenth of the rate of the rest.
optimization = dict(paramwise_cfg=dict(custom_keys=dict(backbone=dict(lr_mult=0.1))))
