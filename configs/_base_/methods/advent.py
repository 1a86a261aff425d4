# AdvEnt: discriminators see the weighted self-information of the prediction.
_base_ = '../models/advent_r101.py'

model = dict(
    objectives=[
        dict(type='Supervision', view='source'),
        dict(
            type='AdversarialAlignment',
            weights=dict(main=1e-3),
            maps=dict(type='SelfInformation'),
            loss=dict(type='VanillaGANLoss', discriminator_scale=0.5),
        ),
    ]
)
custom_hooks = [
    dict(
        type='DiscriminatorHook',
        discriminator=dict(type='FCDiscriminator'),
        optimizer=dict(type='Adam', lr=1e-4, betas=(0.9, 0.99)),
        param_scheduler=dict(type='WarmupPolyLR', by_epoch=False),
    ),
]
