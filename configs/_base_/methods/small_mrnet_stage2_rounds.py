# MRNet's stage 2 in rounds on the small network: cross entropy on the pool of source and target crops, and memory
# regularisation.
_base_ = '../models/r18_dual_pool.py'

model = dict(
    objectives=[
        dict(
            type='SourceSupervision',
            name='pool',
            view='pool',
            loss=dict(type='HardPixelCrossEntropyLoss', percentile=None),
            weights=dict(aux=0.5, main=1.)),
        dict(type='MemoryRegularization', view='pool', weight=0.02),
    ])
