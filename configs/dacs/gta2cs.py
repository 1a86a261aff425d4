# DACS, evaluated at half size as published.
_base_ = [
    '../_base_/datasets/gta2cs_512x512.py',
    '../_base_/models/deeplabv2_r101_two_branches.py',
    '../_base_/methods/dacs.py',
]
model = dict(objectives=_base_.objectives)
work_dir = 'work_dirs/dacs/gta2cs'
