# CTRL: classes, depth and refined classes; discriminators see what all three say together. The first 55k iterations of
# a schedule of 90k; 45k with 7 classes of Cityscapes, 20k with Mapillary Vistas. The optimizer holds every tensor of a
# residual block three times, of a down-sampling branch four times, as the published code does. The authors used PyTorch
# 1.6, whose repeated updates are those of torch17.
_base_ = '../default_runtime.py'

objectives = [
    dict(type='Supervision', view='source'),
    dict(type='DepthRegression', weight=1e-3),
    dict(
        type='AdversarialAlignment',
        weights=dict(joint=1e-3),
        maps=dict(type='CrossTaskRelation', num_bins=15, rule='SID'),
        loss=dict(type='VanillaGANLoss'),
    ),
]
discriminator = dict(
    type='DiscriminatorHook',
    discriminator=dict(type='FCDiscriminator'),
    optimizer=dict(type='Adam', lr=1e-4, betas=(0.9, 0.99)),
)
schedule = dict(type='WarmupPolyLR', by_epoch=False)
hooks = [dict(discriminator, param_scheduler=dict(schedule, max_iters=90 / 55))]
hooks_45k = [dict(discriminator, param_scheduler=dict(schedule, max_iters=90 / 45))]
hooks_20k = [dict(discriminator, param_scheduler=dict(schedule, max_iters=90 / 20))]

optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(
        type='RepeatedSGD', lr=2.5e-4, momentum=0.9, weight_decay=5e-4, nesterov=False, repeat_rule='torch17'
    ),
    paramwise_cfg=dict(
        custom_keys={
            '.layer': dict(repeat=3),
            'downsample': dict(repeat=4),
            'decode_head': dict(lr_mult=10.0),
        }
    ),
)
param_scheduler = dict(schedule, max_iters=90 / 55)
train_cfg = dict(type='UDATrainLoop', max_iters=55000, val_interval=5000)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
