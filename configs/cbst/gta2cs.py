# CBST from GTA5 to Cityscapes on DeepLab-v2.
_base_ = './cbst_gta2cs_dlv2.py'

work_dir = 'work_dirs/cbst/gta2cs'
