# Source training of the networks that become students. How the published ones were trained is not known: SGD as for
# the student, the rate and the length of MRNet and CRST.
_base_ = './ensemble_student.py'

optim_wrapper = dict(optimizer=dict(lr=2.5e-4))
param_scheduler = dict(type='PolyLR', power=0.9, eta_min=0.0, by_epoch=False)
train_cfg = dict(type='UDATrainLoop', max_iters=100000, val_interval=5000)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
