# The student of an ensemble on the small network: as its source training, all pixels count (no mining of hard ones).
_base_ = '../models/r18_dual.py'

model = dict(
    objectives=[
        dict(
            type='Supervision',
            view='pool',
            loss=dict(type='PixelCrossEntropyLoss'),
            class_weights=dict(type='ClassBalanceWeights', min_pixels=256, often_balance=False),
        ),
    ]
)
