# DADA: depth is learned on the source and fused into the features; discriminators see self-information times depth.
_base_ = '../models/advent_r101.py'

model = dict(
    segmentor=dict(decode_head=dict(type='DepthFusionHead')),
    objectives=[
        dict(type='Supervision', view='source'),
        dict(type='DepthRegression', weight=1e-3),
        dict(
            type='AdversarialAlignment',
            weights=dict(main=1e-3),
            maps=dict(type='SelfInformation', factor='depth'),
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
