# AdvEnt on the small network, which has two classifiers. It starts from nothing, so it sees the source alone for the
# first two thirds.
_base_ = './small_source_only.py'

model = dict(
    statistics_views=('target',),  # trained for minutes, no blend of two domains
    objectives=[
        *_base_.model.objectives,
        dict(
            type='AdversarialAlignment',
            weights=dict(aux=2e-4, main=1e-3),
            maps=dict(type='SelfInformation'),
            loss=dict(type='VanillaGANLoss', discriminator_scale=0.5),
            begin=2 / 3,
        ),
    ],
)
custom_hooks = [
    dict(
        type='DiscriminatorHook',
        discriminator=dict(type='FCDiscriminator', base_channels=16),
        optimizer=dict(type='Adam', lr=1e-4, betas=(0.9, 0.99)),
        param_scheduler=dict(type='WarmupPolyLR', by_epoch=False),
    ),
]
