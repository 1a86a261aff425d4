# CBST-SP: with the spatial prior of the source labels, which is made when it is missing.
_base_ = './cbst_gta2cs_r38.py'

train_cfg = dict(labels=dict(spatial_prior=dict()))
work_dir = 'work_dirs/cbst/cbst_sp_gta2cs_r38'
