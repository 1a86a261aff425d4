# CBST-SP: with the spatial prior of the source labels, smoothed in proportion to the images. All rounds label the same
# portion: with a growing one, later rounds lost more where settings are chosen.
_base_ = './cbst.py'

train_cfg = dict(labels=dict(spatial_prior=_base_.spatial_prior, portion=dict(step=0.0)))
work_dir = 'work_dirs/toy/cbst_sp'
