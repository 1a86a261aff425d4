# Self-training of Depth Distribution on the small network: cross entropy on pseudo labels of the target alone.
_base_ = '../models/r18_density.py'

model = dict(objectives=[dict(type='Supervision', view='pool')])
