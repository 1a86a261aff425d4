# MRNet, stage 1: supervised source, adversarial alignment of both classifiers, memory regularization.
# Points in training are shares of it: 0.6 is the published iteration 15000 of 25000, 4.0 the end of a schedule of
# 100000.
_base_ = '../models/deeplabv2_r101_dual.py'

model = dict(
    objectives=[
        dict(
            type='Supervision',
            view='source',
            loss=dict(type='HardPixelCrossEntropyLoss', percentile=80.0),
            class_weights=dict(type='ClassBalanceWeights', max_weight=7.0),
            weights=dict(aux=0.5, main=1.0),
        ),
        dict(type='AdversarialAlignment', weights=dict(aux=2e-4, main=1e-3), maps=dict(type='ClassifierProbabilities')),
        dict(type='MemoryRegularization', weight=0.1, begin=0.6),
    ]
)
custom_hooks = [
    dict(
        type='DiscriminatorHook',
        discriminator=dict(type='MultiScaleDiscriminator'),
        optimizer=dict(type='Adam', lr=1e-4, betas=(0.9, 0.99)),
        param_scheduler=dict(type='WarmupPolyLR', max_iters=4.0, by_epoch=False),
    ),
]
