# The labeled source alone, for as long as the methods with depth, which start from nothing and on a network of their
# own.
_base_ = '../small.py'

model = dict(
    segmentor=dict(
        decode_head=dict(
            _delete_=True,
            type='AdventHead',
            in_channels=48,
            in_index=1,
            dilations=(2, 4, 6),
            num_classes=16,
        )
    ),
    objectives=[dict(type='Supervision', view='source')],
)
optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='AdamW', lr=1e-3, weight_decay=0.01))
param_scheduler = dict(type='WarmupPolyLR', warmup_iters=0.05, by_epoch=False)
train_cfg = dict(type='UDATrainLoop', max_iters=3000, val_interval=1000)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
