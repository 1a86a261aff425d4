# From the end of source-only: rate, length and supervision that the methods share.
_base_ = '../small.py'

model = dict(objectives=[dict(type='Supervision', view='source', loss=dict(type='PixelCrossEntropyLoss'))])
optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='AdamW', lr=5e-4, weight_decay=0.01))
param_scheduler = dict(type='WarmupPolyLR', warmup_iters=0.05, by_epoch=False)
train_cfg = dict(type='UDATrainLoop', max_iters=1000, val_interval=500)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
