# CRST with label regularization on the small network.
_base_ = '../models/r18_dual_pool.py'

model = dict(objectives=[dict(type='SoftLabelSupervision')])
