# DACS, evaluated at half size as published.
_base_ = [
    '../_base_/default_runtime.py',
    '../_base_/datasets/synthia2cs_512x512.py',
    '../_base_/methods/dacs.py',
    '../_base_/schedules/dacs.py',
]
work_dir = 'work_dirs/dacs/synthia2cs'
