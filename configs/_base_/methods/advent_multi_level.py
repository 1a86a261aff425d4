# AdvEnt with two classifiers. The schedule of 250000 iterations ends at 120000: 25 / 12 of training.
_base_ = '../models/advent_r101_multi_level.py'

model = dict(
    objectives=[
        dict(type='Supervision', view='source', weights=dict(aux=0.1, main=1.0)),
        dict(
            type='AdversarialAlignment',
            weights=dict(aux=2e-4, main=1e-3),
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
        param_scheduler=dict(type='WarmupPolyLR', max_iters=25 / 12, by_epoch=False),
    ),
]
