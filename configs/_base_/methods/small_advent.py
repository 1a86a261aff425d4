# AdvEnt on the small network, which has two classifiers. Ten times the published weights, as in small_minent.py.
_base_ = './small_source_continued.py'

model = dict(
    objectives=[
        *_base_.model.objectives,
        dict(
            type='AdversarialAlignment',
            weights=dict(aux=2e-3, main=1e-2),
            maps=dict(type='SelfInformation', resolution='logits'),
            loss=dict(type='VanillaGANLoss', discriminator_scale=0.5),
        ),
    ],
)
custom_hooks = [
    dict(
        type='DiscriminatorHook',
        discriminator=dict(type='FCDiscriminator', base_channels=16, num_layers=3),
        optimizer=dict(type='Adam', lr=1e-4, betas=(0.9, 0.99)),
        param_scheduler=dict(type='WarmupPolyLR', by_epoch=False),
    ),
]
