# DACS with every parameter once in the optimizer: the corrected variant of gta2cs.py.
_base_ = [
    '../_base_/datasets/gta2cs_512x512.py',
    '../_base_/models/deeplabv2_r101_two_branches.py',
    '../_base_/methods/dacs.py',
]
model = dict(objectives=_base_.objectives)
optim_wrapper = dict(
    optimizer=dict(_delete_=True, type='SGD', lr=2.5e-4, momentum=0.9, weight_decay=5e-4),
    paramwise_cfg=dict(_delete_=True, custom_keys=dict(decode_head=dict(lr_mult=10.0))),
)
work_dir = 'work_dirs/dacs/gta2cs_plain_sgd'
