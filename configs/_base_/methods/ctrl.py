# CTRL: classes, depth and refined classes; discriminators see what all three say together.
_base_ = '../models/advent_r101.py'

model = dict(
    segmentor=dict(decode_head=dict(type='CrossTaskHead')),
    objectives=[
        dict(type='Supervision', view='source'),
        dict(type='DepthRegression', weight=1e-3),
        dict(
            type='AdversarialAlignment',
            weights=dict(joint=1e-3),
            maps=dict(type='CrossTaskRelation', num_bins=15, rule='SID'),
            loss=dict(type='VanillaGANLoss'),
        ),
    ],
)
custom_hooks = [
    dict(
        type='DiscriminatorHook',
        discriminator=dict(type='FCDiscriminator'),
        optimizer=dict(type='Adam', lr=1e-4, betas=(0.9, 0.99)),
        param_scheduler=dict(type='WarmupPolyLR', by_epoch=False),
    ),
]
