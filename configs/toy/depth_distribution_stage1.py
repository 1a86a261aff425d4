# Depth Distribution, stage 1, on the small network, 16 classes. It starts from nothing: it sees the source alone for
# the first two thirds. Ten times the published adversarial weight, as in dada.py, and a tenth of the smallest published
# weight of the balance on the target: ten times as much costs wall, vegetation and poles.
_base_ = [
    '../_base_/datasets/toy_depth_129x257.py',
    '../_base_/methods/small_depth_source_only.py',
]
train_dataloader = _base_.grid
# A cell is 27.5 times as large as that of the published grid of (96, 161). The sky, which has one depth, shall have a
# density on the target, too, where depth is predicted to about 5.
density = dict(type='MixtureDensity', num_classes=16, grid=(17, 33), scale=36300, depth_variance=25)
model = dict(
    segmentor=dict(
        decode_head=dict(
            _delete_=True,
            type='DensityHead',
            in_channels=64,
            in_index=1,
            hidden_channels=64,
            encoded_channels=32,
            dilations=(2, 4, 6),
            num_classes=16,
        )
    ),
    objectives=[
        *_base_.model.objectives,
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
            weights=dict(main=0.01),
            maps=dict(type='SelfInformation', factor='density', resolution='logits'),
            loss=dict(type='VanillaGANLoss'),
            begin=2 / 3,
        ),
        dict(type='DensityBalance', view='target', density=density, weight=0.0001, begin=2 / 3),
    ],
)
custom_hooks = [
    dict(type='DepthDistributionHook'),
    dict(
        type='DiscriminatorHook',
        discriminator=dict(type='FCDiscriminator', base_channels=16, num_layers=3),
        optimizer=dict(type='Adam', lr=1e-4, betas=(0.9, 0.99)),
        param_scheduler=dict(type='WarmupPolyLR', by_epoch=False),
    ),
]
work_dir = 'work_dirs/toy/depth_distribution_stage1'
