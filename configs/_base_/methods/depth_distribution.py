# Depth Distribution: density of depth is learned on both domains; discriminators see self-information times density.
_base_ = '../models/depth_distribution_r101.py'

density = dict(type='MixtureDensity', num_classes=16, grid=(96, 161))
adversary = dict(
    type='AdversarialAlignment',
    weights=dict(main=0.05),
    maps=dict(type='SelfInformation', factor='density'),
    loss=dict(type='VanillaGANLoss'),
)
model = dict(
    objectives=[
        dict(
            type='Supervision',
            view='source',
            class_weights=dict(
                type='FixedClassWeights',
                # pixels / (classes * pixels of the class), over SYNTHIA
                weights=(
                    *(0.327, 0.313, 0.206, 22.427, 22.558, 5.811, 155.643, 59.528),
                    *(0.586, 0.882, 1.423, 12.871, 1.488, 3.955, 29.164, 27.563),
                ),
            ),
        ),
        dict(
            type='DensityBalance',
            view='source',
            depth='grid_depth',
            labels='grid_label',
            density=density,
            weight=0.01,
        ),
        dict(type='DepthRegression', weight=0.005),
        adversary,
        dict(type='DensityBalance', view='target', density=density, weight=0.05),
    ]
)
custom_hooks = [
    dict(type='DepthDistributionHook'),
    dict(
        type='DiscriminatorHook',
        discriminator=dict(type='FCDiscriminator'),
        optimizer=dict(type='Adam', lr=1e-3, betas=(0.9, 0.99)),
        param_scheduler=dict(type='WarmupPolyLR', by_epoch=False),
    ),
]
