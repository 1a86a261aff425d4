# MRNet+Rectifying in rounds on the small network: the rectified loss on the pool of source and target crops.
_base_ = '../models/r18_dual_pool.py'

model = dict(
    objectives=[
        dict(type='RectifiedSupervision', view='pool', loss=dict(type='RectifiedLoss', aux_weight=0.5)),
    ])
