# MRNet, stage 1, on the small network. It starts from nothing, so it sees the source alone for the first two thirds.
_base_ = '../small.py'

model = dict(
    statistics_views=('target',),  # trained for minutes, no blend of two domains
    objectives=[
        dict(
            type='Supervision',
            view='source',
            loss=dict(type='PixelCrossEntropyLoss'),
            class_weights=dict(type='ClassBalanceWeights', min_pixels=256, often_balance=False),
        ),
        dict(type='AdversarialAlignment', weights=dict(aux=2e-4, main=1e-3), begin=2 / 3),
        dict(type='MemoryRegularization', weight=0.02, begin=2 / 3),  # 0.1 is too much here, see toy/README
    ],
)
custom_hooks = [
    dict(
        type='DiscriminatorHook',
        discriminator=dict(type='MultiScaleDiscriminator', base_channels=8, num_blocks=1),
        optimizer=dict(type='Adam', lr=1e-4, betas=(0.9, 0.99)),
        param_scheduler=dict(type='WarmupPolyLR', by_epoch=False),
    ),
]
optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='AdamW', lr=1e-3, weight_decay=0.01))
param_scheduler = dict(type='WarmupPolyLR', warmup_iters=1 / 15, by_epoch=False)
train_cfg = dict(type='UDATrainLoop', max_iters=750, val_interval=750)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
