# The labeled source alone on DeepLab-v2.
_base_ = [
    '../_base_/datasets/gta2cs_500x500.py',
    '../_base_/models/deeplabv2_r101.py',
    '../_base_/methods/crst_source_only.py',
]
model = dict(objectives=_base_.objectives)
work_dir = 'work_dirs/cbst/source_only_gta2cs_dlv2'
