# MRNet, stage 2: stage 1's loss on pseudo-labeled target images.
# Memory regularization begins at 0.6 of training, the published iteration 15000 of 25000.
_base_ = '../models/deeplabv2_r101_dual.py'

model = dict(
    segmentor=dict(
        backbone=dict(norm_cfg=dict(requires_grad=True), init_cfg=None), decode_head=dict(dropout_ratio=0.2)
    ),
    objectives=[
        dict(
            type='Supervision',
            view='labeled',
            loss=dict(type='HardPixelCrossEntropyLoss', percentile=80.0),
            class_weights=dict(type='ClassBalanceWeights', max_weight=7.0),
            weights=dict(aux=0.5, main=1.0),
        ),
        dict(type='MemoryRegularization', weight=0.1, begin=0.6),
        dict(type='BatchNormUpdate', view='target'),
    ],
)
