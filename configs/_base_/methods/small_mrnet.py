# MRNet, stage 1, on the small network. Its discriminators learn at five times the published rate: they have a fiftieth
# of the iterations.
_base_ = './small_source_continued.py'

model = dict(
    objectives=[
        *_base_.model.objectives,
        dict(
            type='AdversarialAlignment',
            weights=dict(aux=2e-4, main=1e-3),
            maps=dict(type='ClassifierProbabilities', resolution='logits'),
        ),
        dict(type='MemoryRegularization', weight=0.1, begin=0.6),
    ],
)
custom_hooks = [
    dict(
        type='DiscriminatorHook',
        discriminator=dict(type='MultiScaleDiscriminator', base_channels=8, num_blocks=1),
        optimizer=dict(type='Adam', lr=5e-4, betas=(0.9, 0.99)),
        param_scheduler=dict(type='WarmupPolyLR', by_epoch=False),
    ),
]

# With ClassMix.
classmix_objectives = [
    *model['objectives'],
    dict(type='ClassMixSupervision', augmentation=dict(type='StrongAugmentation')),
]
