# The labelled source alone, on the small network.
_base_ = '../models/r18_dual.py'

model = dict(
    objectives=[
        dict(
            type='SourceSupervision',
            loss=dict(type='HardPixelCrossEntropyLoss', percentile=80.),
            class_weights=dict(type='ClassBalanceWeights', max_weight=7., min_pixels=256),
            weights=dict(aux=0.5, main=1.)),
    ])
