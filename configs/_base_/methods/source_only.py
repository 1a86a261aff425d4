# The labeled source alone, with the losses of MRNet.
_base_ = '../models/deeplabv2_r101_dual.py'

model = dict(
    objectives=[
        dict(
            type='Supervision',
            view='source',
            loss=dict(type='HardPixelCrossEntropyLoss', percentile=80.0),
            class_weights=dict(type='ClassBalanceWeights', max_weight=7.0),
        ),
    ]
)
