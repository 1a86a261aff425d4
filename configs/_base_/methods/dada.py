# DADA: depth is learned on the source and fused into the features; discriminators see self-information times depth.
# 90k iterations. The optimizer holds every tensor of a residual block three times, of a down-sampling branch four
# times, as the published code does; plain SGD is the corrected variant. The authors used PyTorch 1.2, whose repeated
# updates are those of torch14.
_base_ = '../default_runtime.py'

objectives = [
    dict(type='Supervision', view='source'),
    dict(type='DepthRegression', weight=1e-3),
    dict(
        type='AdversarialAlignment',
        weights=dict(main=1e-3),
        maps=dict(type='SelfInformation', factor='depth'),
        loss=dict(type='VanillaGANLoss'),
    ),
]
hooks = [
    dict(
        type='DiscriminatorHook',
        discriminator=dict(type='FCDiscriminator'),
        optimizer=dict(type='Adam', lr=1e-4, betas=(0.9, 0.99)),
        param_scheduler=dict(type='WarmupPolyLR', by_epoch=False),
    ),
]

optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(
        type='RepeatedSGD', lr=2.5e-4, momentum=0.9, weight_decay=5e-4, nesterov=False, repeat_rule='torch14'
    ),
    paramwise_cfg=dict(
        custom_keys={
            '.layer': dict(repeat=3),
            'downsample': dict(repeat=4),
            'decode_head': dict(lr_mult=10.0),
        }
    ),
)
param_scheduler = dict(type='WarmupPolyLR', by_epoch=False)
train_cfg = dict(type='UDATrainLoop', max_iters=90000, val_interval=2000)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
