# CBST-SP: with the spatial prior of the source labels, which is made when it is missing.
_base_ = './gta2cs_dlv2.py'

train_cfg = dict(labels=dict(spatial_prior=dict()))
work_dir = 'work_dirs/cbst/gta2cs_dlv2_sp'
