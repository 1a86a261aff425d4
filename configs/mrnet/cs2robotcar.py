# MRNet, stage 1.
_base_ = [
    '../_base_/default_runtime.py',
    '../_base_/datasets/cs2robotcar.py',
    '../_base_/methods/mrnet.py',
    '../_base_/schedules/mrnet_stage1.py',
]
model = dict(segmentor=dict(decode_head=dict(num_classes=9)))
work_dir = 'work_dirs/mrnet/cs2robotcar'
