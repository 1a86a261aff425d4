# MRKLD with every parameter once in the optimizer: the corrected variant of gta2cs.py.
_base_ = './gta2cs.py'

optim_wrapper = dict(
    _delete_=True,
    type='OptimWrapper',
    optimizer=dict(type='SGD', lr=5e-5, momentum=0.9, weight_decay=5e-4),
    paramwise_cfg=dict(custom_keys=dict(decode_head=dict(lr_mult=10.0))),
)
work_dir = 'work_dirs/crst/gta2cs_plain_sgd'
