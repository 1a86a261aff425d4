# MRNet, stage 1.
_base_ = [
    '../_base_/default_runtime.py',
    '../_base_/datasets/gta2cs.py',
    '../_base_/methods/mrnet.py',
    '../_base_/schedules/mrnet_stage1.py',
]
work_dir = 'work_dirs/mrnet/gta2cs'
