# Student training on labels that exist already. Evaluated as often as the published code does.
_base_ = './ensemble_student.py'

param_scheduler = dict(type='PolyLR', power=0.9, eta_min=0.0, by_epoch=False)
train_cfg = dict(type='UDATrainLoop', max_iters=100001, val_interval=1000)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
