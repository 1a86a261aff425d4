# From the end of source-only: rate, length and supervision that the methods share.
_base_ = '../small.py'

model = dict(objectives=[dict(type='Supervision', view='source', loss=dict(type='PixelCrossEntropyLoss'))])
optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='AdamW', lr=2e-4, weight_decay=0.01))
param_scheduler = dict(type='WarmupPolyLR', warmup_iters=0.05, by_epoch=False)
train_cfg = dict(type='UDATrainLoop', max_iters=500, val_interval=125)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
default_hooks = dict(
    checkpoint=dict(interval=125, max_keep_ckpts=-1),  # all, to be compared without labels
    # Where a method has a teacher, it starts as the trained source-only model and moves slowly from the first step on.
    # The published one, made for an untrained start, equals the student at first and forgets rare classes with it.
    teacher=dict(momentum=0.999, first_update=1000),
)
