# What the configs for the CPU share: runtime, and a small network with two classifiers that starts from scratch. It has
# no batch statistics, so that nothing but a method adapts it.
#
# All strides are powers of two and logits are resized with aligned corners: inputs of 32 n + 1 pixels a side are
# covered evenly.
_base_ = './default_runtime.py'

norm_cfg = dict(type='GN', num_groups=8, requires_grad=True)
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
            strides=(1, 2, 2, 2),
            dilations=(1, 1, 1, 1),
            out_indices=(0, 1, 2, 3),
            norm_cfg=norm_cfg,
        ),
        neck=dict(type='FPN', in_channels=[32, 64, 128, 256], out_channels=64, num_outs=4, norm_cfg=norm_cfg),
        decode_head=dict(
            type='DualClassifierHead',
            in_channels=(64, 64),
            in_index=(1, 0),  # strides 8 and 4; the logits have stride 8
            branch_channels=32,
            channels=64,
            dilations=(2, 4, 6),
            norm_cfg=norm_cfg,
            num_classes=19,
        ),
        train_cfg=dict(),
        test_cfg=dict(mode='whole'),
    ),
)
# For the loss on pseudo labels, where the published one has such weights. A class is rare below 16 * 16 pixels: 1/128
# of a crop of 257x129. Published are 64 * 64: 1/128 of the crops of stage 1, 1/32 of the smaller ones of stage 2.
class_weights = dict(type='ClassBalanceWeights', max_weight=7.0, min_pixels=16 * 16)
default_hooks = dict(logger=dict(interval=50), checkpoint=dict(interval=500, max_keep_ckpts=1))
randomness = dict(seed=0)
