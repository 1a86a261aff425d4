# CRST with model regularization on the small network.
_base_ = '../models/r18_dual_pool.py'

model = dict(
    objectives=[
        dict(type='Supervision', view='pool', loss=dict(type='PixelCrossEntropyLoss')),
        dict(
            type='ModelRegularization',
            # 0.1 squared, as in the published code; the paper's 0.1 is too much here, see docs/benchmarks/settings.md
            loss=dict(type='ModelRegularizationLoss', weight=0.1, applied_twice=True),
        ),
    ]
)
