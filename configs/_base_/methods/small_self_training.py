# Self-training on the small network: cross entropy on the pool of source and pseudo-labeled target crops.
_base_ = '../models/r18_dual_pool.py'

model = dict(
    objectives=[
        dict(type='Supervision', view='pool', loss=dict(type='PixelCrossEntropyLoss')),
    ]
)
