# CRST with model regularisation on the small network.
_base_ = '../models/r18_dual_pool.py'

model = dict(
    objectives=[
        dict(
            type='SourceSupervision',
            name='pool',
            view='pool',
            loss=dict(type='HardPixelCrossEntropyLoss', percentile=None),
            weights=dict(aux=0.5, main=1.)),
        dict(
            type='ModelRegularization',
            loss=dict(type='ModelRegularizationLoss', weight=0.1, applied_twice=False),  # the paper's weight
            weights=dict(aux=0.5, main=1.)),
    ])
