# What the configs for the CPU share: runtime, and a small network with two classifiers that starts from scratch.
#
# Its feature k lies on pixel 16 k, and logits are resized with aligned corners: only inputs of 16 n + 1 pixels are
# covered evenly. Others are stretched by up to 15 pixels, each size by another amount, and a network that learns on
# crops of one size and is tested on another then errs by these.
_base_ = './default_runtime.py'

model = dict(
    type='UDASegmentor',
    data_preprocessor=dict(
        type='UDADataPreprocessor',
        mean=[104.00698793, 116.66876762, 122.67891434],  # B, G, R
        std=[58.0, 58.0, 58.0],
    ),
    segmentor=dict(
        type='EncoderDecoder',
        backbone=dict(
            type='ResNet',
            depth=18,
            base_channels=32,
            stem_channels=32,
            strides=(1, 2, 2, 1),
            dilations=(1, 1, 1, 2),
            out_indices=(2, 3),
            norm_cfg=dict(type='BN', requires_grad=True),
        ),
        decode_head=dict(
            type='DualClassifierHead',
            in_channels=(128, 256),
            branch_channels=32,
            channels=64,
            dilations=(2, 4, 6),
            norm_cfg=dict(type='GN', num_groups=4, requires_grad=True),  # 8 channels each, as at full size
            num_classes=19,
        ),
        train_cfg=dict(),
        test_cfg=dict(mode='whole'),
    ),
)
default_hooks = dict(logger=dict(interval=20), checkpoint=dict(interval=250, max_keep_ckpts=2))
randomness = dict(seed=0)
