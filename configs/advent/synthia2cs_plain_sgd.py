# AdvEnt with every parameter once in the optimizer: the corrected variant of synthia2cs.py.
_base_ = './synthia2cs.py'

optim_wrapper = dict(
    _delete_=True,
    type='OptimWrapper',
    optimizer=dict(type='SGD', lr=2.5e-4, momentum=0.9, weight_decay=5e-4),
    paramwise_cfg=dict(custom_keys=dict(decode_head=dict(lr_mult=10.0))),
)
work_dir = 'work_dirs/advent/synthia2cs_plain_sgd'
