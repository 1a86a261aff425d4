# The labeled source alone, on the small network. From scratch and in minutes, all pixels count: no mining of
# hard ones.
_base_ = '../small.py'

model = dict(
    objectives=[
        dict(
            type='Supervision',
            view='source',
            loss=dict(type='PixelCrossEntropyLoss'),
            class_weights=dict(type='ClassBalanceWeights', min_pixels=256, often_balance=False),
        ),
    ]
)
optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='AdamW', lr=1e-3, weight_decay=0.01))
param_scheduler = dict(type='WarmupPolyLR', warmup_iters=1 / 15, by_epoch=False)
train_cfg = dict(type='UDATrainLoop', max_iters=750, val_interval=750)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
