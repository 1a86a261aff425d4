# The labeled source alone, on the small network. From scratch and in minutes, all pixels count: no mining of
# hard ones.
_base_ = '../models/r18_dual.py'

model = dict(
    objectives=[
        dict(
            type='Supervision',
            view='source',
            loss=dict(type='PixelCrossEntropyLoss'),
            class_weights=dict(type='ClassBalanceWeights', min_pixels=256, often_balance=False),
        ),
    ]
)
