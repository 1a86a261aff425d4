# The student of an ensemble on the small network: as its source training, all pixels count (no mining of hard ones).
_base_ = '../models/r18_dual.py'

model = dict(
    objectives=[
        dict(
            type='SourceSupervision',
            name='pool',
            view='pool',
            loss=dict(type='HardPixelCrossEntropyLoss', percentile=None),
            class_weights=dict(type='ClassBalanceWeights', min_pixels=256, often_balance=False),
        ),
    ]
)
