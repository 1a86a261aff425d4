# 25k iterations of a 100k schedule with 5k of warm-up, both as shares of max_iters. Its optimizer holds every tensor of
# a residual block three times, of a down-sampling branch four times, as the published code does; plain SGD is the
# corrected variant.
optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='RepeatedSGD', lr=2e-4, momentum=0.9, weight_decay=5e-4, nesterov=True),
    paramwise_cfg=dict(
        custom_keys={
            '.layer': dict(repeat=3),
            'downsample': dict(repeat=4),
            'decode_head': dict(lr_mult=10.0),
        }
    ),
)
param_scheduler = dict(type='WarmupPolyLR', warmup_iters=0.2, max_iters=4.0, by_epoch=False)

train_cfg = dict(type='UDATrainLoop', max_iters=25000, val_interval=5000)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
