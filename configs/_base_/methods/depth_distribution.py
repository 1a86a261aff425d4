# Depth Distribution, stage 1: density of depth is learned on both domains; discriminators see self-information times
# density. 90k iterations with one rate for the whole network; the baselines' classifiers have ten times that of their
# backbone.
_base_ = '../default_runtime.py'

grid_1280x760 = (96, 161)  # the network's outputs
grid_640x320 = (41, 81)
source = dict(type='Supervision', view='source')
source_density = dict(type='DensityBalance', view='source', depth='grid_depth', labels='grid_label')
target_density = dict(type='DensityBalance', view='target')
depth = dict(type='DepthRegression')
adversary = dict(
    type='AdversarialAlignment',
    maps=dict(type='SelfInformation', factor='density'),
    loss=dict(type='VanillaGANLoss'),
)

# 16 classes. Weights are pixels / (classes * pixels of the class), over SYNTHIA.
weights_16 = (
    *(0.327, 0.313, 0.206, 22.427, 22.558, 5.811, 155.643, 59.528),
    *(0.586, 0.882, 1.423, 12.871, 1.488, 3.955, 29.164, 27.563),
)
density_16 = dict(type='MixtureDensity', num_classes=16, grid=grid_1280x760)
objectives = [
    dict(source, class_weights=dict(type='FixedClassWeights', weights=weights_16)),
    dict(source_density, density=density_16, weight=0.01),
    dict(depth, weight=0.005),
    dict(adversary, weights=dict(main=0.05)),
    dict(target_density, density=density_16, weight=0.05),
]
# 7 classes.
weights_7 = (0.349, 0.462, 11.576, 1.325, 1.993, 3.216, 3.192)
density_7 = dict(type='MixtureDensity', num_classes=7, grid=grid_1280x760)
objectives_7 = [
    dict(source, class_weights=dict(type='FixedClassWeights', weights=weights_7)),
    dict(source_density, density=density_7, weight=0.01),
    dict(depth, weight=0.005),
    dict(adversary, weights=dict(main=0.05)),
    dict(target_density, density=density_7, weight=0.05),
]
# 7 classes at 640x320.
density_7_640x320 = dict(type='MixtureDensity', num_classes=7, grid=grid_640x320)
objectives_7_640x320 = [
    dict(source, class_weights=dict(type='FixedClassWeights', weights=weights_7)),
    dict(source_density, density=density_7_640x320, weight=0.01),
    dict(depth, weight=0.001),
    dict(adversary, weights=dict(main=0.05)),
    dict(target_density, density=density_7_640x320, weight=0.05),
]
# Mapillary Vistas: classes alike, all else weaker.
mapillary_objectives = [
    source,
    dict(source_density, density=density_7, weight=0.005),
    dict(depth, weight=0.0001),
    dict(adversary, weights=dict(main=0.001)),
    dict(target_density, density=density_7, weight=0.001),
]
mapillary_objectives_640x320 = [
    source,
    dict(source_density, density=density_7_640x320, weight=0.005),
    dict(depth, weight=0.0001),
    dict(adversary, weights=dict(main=0.001)),
    dict(target_density, density=density_7_640x320, weight=0.001),
]

discriminator = dict(
    type='DiscriminatorHook',
    discriminator=dict(type='FCDiscriminator'),
    param_scheduler=dict(type='WarmupPolyLR', by_epoch=False),
)
adam = dict(type='Adam', betas=(0.9, 0.99))
hooks = [dict(type='DepthDistributionHook'), dict(discriminator, optimizer=dict(adam, lr=1e-3))]
mapillary_hooks = [dict(type='DepthDistributionHook'), dict(discriminator, optimizer=dict(adam, lr=1e-4))]

optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='SGD', lr=2.5e-4, momentum=0.9, weight_decay=5e-4))
param_scheduler = dict(type='WarmupPolyLR', by_epoch=False)
train_cfg = dict(type='UDATrainLoop', max_iters=90000, val_interval=1000)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
