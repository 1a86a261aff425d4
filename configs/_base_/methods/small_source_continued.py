# Source-only's end, trained on for as long as small_cbst.py and at its first rate.
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
optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='AdamW', lr=5e-4, weight_decay=0.01))
param_scheduler = None
train_cfg = dict(type='UDATrainLoop', max_iters=600, val_interval=600)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
