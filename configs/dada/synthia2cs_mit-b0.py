# DADA on MixVisionTransformer-B0, the backbone of SegFormer. The head reads its last stage, of stride 32.
_base_ = [
    '../_base_/datasets/synthia2cs_depth_760x1280.py',
    '../_base_/models/advent_r101.py',
    '../_base_/methods/dada.py',
]
model = dict(
    data_preprocessor=dict(
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True,
    ),
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
        decode_head=dict(type='DepthFusionHead', in_channels=256, hidden_channels=128, align_corners=False),
    ),
    objectives=_base_.objectives,
)
custom_hooks = _base_.hooks
optim_wrapper = dict(
    optimizer=dict(_delete_=True, type='AdamW', lr=6e-5, betas=(0.9, 0.999), weight_decay=0.01),
    paramwise_cfg=dict(_delete_=True, custom_keys=dict(norm=dict(decay_mult=0.0), decode_head=dict(lr_mult=10.0))),
)
work_dir = 'work_dirs/dada/synthia2cs_mit-b0'
