# CBST-SP: with the spatial prior of the source labels, smoothed in proportion to the images.
_base_ = './cbst.py'

train_cfg = dict(labels=dict(spatial_prior=_base_.spatial_prior))
work_dir = 'work_dirs/camvid/cbst_sp'
