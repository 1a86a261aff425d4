# The labeled source alone, on the small network, from scratch until it gains no more. All pixels count: no mining of
# hard ones.
_base_ = '../small.py'

model = dict(objectives=[dict(type='Supervision', view='source', loss=dict(type='PixelCrossEntropyLoss'))])
optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='AdamW', lr=1e-3, weight_decay=0.01))
param_scheduler = dict(type='WarmupPolyLR', warmup_iters=0.05, by_epoch=False)
train_cfg = dict(type='UDATrainLoop', max_iters=3000, val_interval=1000)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
