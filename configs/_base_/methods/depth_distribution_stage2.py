# Self-training of Depth Distribution: cross entropy on pseudo labels of the target alone.
_base_ = '../models/depth_distribution_r101.py'

model = dict(
    segmentor=dict(backbone=dict(init_cfg=None)),
    objectives=[dict(type='Supervision', view='pool')],
)
