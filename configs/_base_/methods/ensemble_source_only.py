# Source training of the networks that become students. How the published ones were trained is not known: SGD as for
# the student, the rate and the length of MRNet and CRST.
_base_ = '../default_runtime.py'

objectives = [dict(type='Supervision', view='source', loss=dict(type='PixelCrossEntropyLoss'))]

optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='SGD', lr=2.5e-4, momentum=0.9, weight_decay=5e-4, nesterov=True),
    paramwise_cfg=dict(custom_keys=dict(decode_head=dict(lr_mult=10.0))),
)
param_scheduler = dict(type='PolyLR', power=0.9, eta_min=0.0, by_epoch=False)
train_cfg = dict(type='UDATrainLoop', max_iters=100000, val_interval=5000)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
