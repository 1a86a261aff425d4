# MRNet, stage 2, on the small network.
_base_ = '../models/r18_dual.py'

model = dict(
    segmentor=dict(decode_head=dict(dropout_ratio=0.2)),
    objectives=[
        dict(
            type='Supervision',
            view='labeled',
            loss=dict(type='PixelCrossEntropyLoss'),
            class_weights=dict(type='ClassBalanceWeights', min_pixels=256, often_balance=False),
        ),
        dict(type='MemoryRegularization', weight=0.02),
        dict(type='BatchNormUpdate', view='target'),
    ],
)
