# MRNet, stage 1, on Swin-T. The classifiers read its last two stages.
_base_ = [
    '../_base_/datasets/gta2cs_512x1024.py',
    '../_base_/models/deeplabv2_r101_dual.py',
    '../_base_/methods/mrnet.py',
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
            type='SwinTransformer',
            embed_dims=96,
            depths=[2, 2, 6, 2],
            num_heads=[3, 6, 12, 24],
            window_size=7,
            out_indices=(0, 1, 2, 3),
            drop_path_rate=0.3,
            patch_norm=True,
            init_cfg=dict(
                type='Pretrained',
                checkpoint='https://download.openmmlab.com/mmsegmentation/v0.5/pretrain/swin/'
                'swin_tiny_patch4_window7_224_20220317-1cdeb081.pth',
            ),
        ),
        decode_head=dict(in_channels=(384, 768), in_index=(2, 3), align_corners=False),
    ),
    objectives=_base_.stage1_objectives,
)
optim_wrapper = dict(
    optimizer=dict(_delete_=True, type='AdamW', lr=6e-5, betas=(0.9, 0.999), weight_decay=0.01),
    paramwise_cfg=dict(
        _delete_=True,
        custom_keys=dict(
            absolute_pos_embed=dict(decay_mult=0.0),
            relative_position_bias_table=dict(decay_mult=0.0),
            norm=dict(decay_mult=0.0),
            decode_head=dict(lr_mult=10.0),
        ),
    ),
)
custom_hooks = _base_.stage1_hooks
work_dir = 'work_dirs/mrnet/gta2cs_swin-t'
