# MRNet+Rectifying on the small network.
_base_ = './small_mrnet_stage2.py'

model = dict(
    objectives=[
        dict(
            type='RectifiedSupervision',
            loss=dict(type='RectifiedLoss', aux_weight=0.5),
            class_weights=dict(type='ClassBalanceWeights', min_pixels=256, often_balance=False),
        ),
        dict(type='BatchNormUpdate', view='target'),
    ]
)
