# CTRL on the small network, 16 classes. It starts from nothing, so it sees the source alone for the first two thirds.
# Ten times the published adversarial weight, as in dada.py.
_base_ = [
    '../_base_/datasets/toy_depth_129x257.py',
    '../_base_/methods/small_depth_source_only.py',
]
train_dataloader = _base_.depth
model = dict(
    segmentor=dict(
        decode_head=dict(
            _delete_=True,
            type='CrossTaskHead',
            in_channels=64,
            in_index=1,
            hidden_channels=64,
            depth_channels=32,
            dilations=(2, 4, 6),
            num_classes=16,
        )
    ),
    objectives=[
        *_base_.model.objectives,
        dict(type='DepthRegression', weight=1e-3),
        dict(
            type='AdversarialAlignment',
            weights=dict(joint=1e-2),
            maps=dict(type='CrossTaskRelation', resolution='logits'),
            loss=dict(type='VanillaGANLoss'),
            begin=2 / 3,
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
work_dir = 'work_dirs/toy/ctrl'
