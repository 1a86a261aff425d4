# MRNet, stage 1.
_base_ = [
    '../_base_/datasets/cs2robotcar_512x1024.py',
    '../_base_/models/deeplabv2_r101_dual.py',
    '../_base_/methods/mrnet.py',
]
model = dict(segmentor=dict(decode_head=dict(num_classes=9)), objectives=_base_.stage1_objectives)
custom_hooks = _base_.stage1_hooks
work_dir = 'work_dirs/mrnet/cs2robotcar'
