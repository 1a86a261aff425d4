# Depth Distribution on the small network, which starts from nothing: it sees the source alone for the first two thirds.
_base_ = '../small.py'

density = dict(type='MixtureDensity', num_classes=7, grid=(9, 17))
model = dict(
    statistics_views=('target',),  # trained for minutes, no blend of two domains
    segmentor=dict(
        decode_head=dict(
            _delete_=True,
            type='DensityHead',
            in_channels=256,
            in_index=1,
            hidden_channels=64,
            encoded_channels=32,
            dilations=(2, 4, 6),
            num_classes=7,
        )
    ),
    objectives=[
        dict(
            type='Supervision',
            view='source',
            class_weights=dict(type='ClassBalanceWeights', min_pixels=256, often_balance=False),
        ),
        dict(
            type='DensityBalance',
            view='source',
            depth='grid_depth',
            labels='grid_label',
            density=density,
            weight=0.005,
        ),
        dict(type='DepthRegression', weight=0.001),
        dict(
            type='AdversarialAlignment',
            weights=dict(main=0.001),
            maps=dict(type='SelfInformation', factor='density'),
            loss=dict(type='VanillaGANLoss'),
            begin=2 / 3,
        ),
        dict(type='DensityBalance', view='target', density=density, weight=0.005, begin=2 / 3),
    ],
)
custom_hooks = [
    dict(type='DepthDistributionHook'),
    dict(
        type='DiscriminatorHook',
        discriminator=dict(type='FCDiscriminator', base_channels=16),
        optimizer=dict(type='Adam', lr=1e-4, betas=(0.9, 0.99)),
        param_scheduler=dict(type='WarmupPolyLR', by_epoch=False),
    ),
]
optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='AdamW', lr=1e-3, weight_decay=0.01))
param_scheduler = dict(type='WarmupPolyLR', warmup_iters=1 / 15, by_epoch=False)
train_cfg = dict(type='UDATrainLoop', max_iters=750, val_interval=750)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
