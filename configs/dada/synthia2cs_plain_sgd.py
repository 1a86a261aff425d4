# DADA with every parameter once in the optimizer: the corrected variant of synthia2cs.py.
_base_ = [
    '../_base_/datasets/synthia2cs_depth_760x1280.py',
    '../_base_/models/advent_r101.py',
    '../_base_/methods/dada.py',
]
model = dict(segmentor=dict(decode_head=dict(type='DepthFusionHead')), objectives=_base_.objectives)
custom_hooks = _base_.hooks
optim_wrapper = dict(
    optimizer=dict(_delete_=True, type='SGD', lr=2.5e-4, momentum=0.9, weight_decay=5e-4),
    paramwise_cfg=dict(_delete_=True, custom_keys=dict(decode_head=dict(lr_mult=10.0))),
)
work_dir = 'work_dirs/dada/synthia2cs_plain_sgd'
