# MRNet+Rectifying on the small network: a third of stage 1's length at half of its rate.
_base_ = '../small.py'

model = dict(
    segmentor=dict(decode_head=dict(dropout_ratio=0.2)),
    objectives=[
        dict(
            type='RectifiedSupervision',
            loss=dict(type='RectifiedLoss', aux_weight=0.5),
            class_weights=dict(type='ClassBalanceWeights', min_pixels=256, often_balance=False),
        ),
        dict(type='BatchNormUpdate', view='target'),
    ],
)
optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='AdamW', lr=5e-4, weight_decay=0.01))
param_scheduler = dict(type='WarmupPolyLR', warmup_iters=0.2, by_epoch=False)
train_cfg = dict(type='UDATrainLoop', max_iters=250, val_interval=250)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
