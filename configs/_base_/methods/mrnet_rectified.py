# MRNet+Rectifying: pseudo labels weighted by the agreement of the two classifiers.
_base_ = './mrnet_stage2.py'

model = dict(
    objectives=[
        dict(
            type='RectifiedSupervision',
            loss=dict(type='RectifiedLoss', aux_weight=0.5),
            class_weights=dict(type='ClassBalanceWeights', max_weight=7.0),
        ),
        dict(type='BatchNormUpdate', view='target'),
    ]
)
