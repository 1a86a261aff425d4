# MRNet: 25k iterations of a 100k schedule with 5k of warm-up. Points in training are shares of it: 0.6 is the published
# iteration 15000 of 25000, 4.0 the end of a schedule of 100000. The optimizer holds every tensor of a residual block
# three times, of a down-sampling branch four times, as the published code does; plain SGD is the corrected variant.
_base_ = '../default_runtime.py'

class_weights = dict(type='ClassBalanceWeights', max_weight=7.0)
hard_pixels = dict(
    type='Supervision', loss=dict(type='HardPixelCrossEntropyLoss', percentile=80.0), class_weights=class_weights
)
weights = dict(aux=0.5, main=1.0)  # of the two classifiers
memory_regularization = dict(type='MemoryRegularization', weight=0.1, begin=0.6)
statistics_of_target = dict(type='BatchNormUpdate', view='target')

# The labeled source alone.
source_objectives = [dict(hard_pixels, view='source')]
# Stage 1: supervised source, adversarial alignment of both classifiers, memory regularization.
stage1_objectives = [
    dict(hard_pixels, view='source', weights=weights),
    dict(type='AdversarialAlignment', weights=dict(aux=2e-4, main=1e-3), maps=dict(type='ClassifierProbabilities')),
    memory_regularization,
]
stage1_hooks = [
    dict(
        type='DiscriminatorHook',
        discriminator=dict(type='MultiScaleDiscriminator'),
        optimizer=dict(type='Adam', lr=1e-4, betas=(0.9, 0.99)),
        param_scheduler=dict(type='WarmupPolyLR', max_iters=4.0, by_epoch=False),
    ),
]
# Stage 2: the loss of stage 1 on pseudo-labeled target images.
stage2_objectives = [dict(hard_pixels, view='labeled', weights=weights), memory_regularization, statistics_of_target]
# Rectifying: pseudo labels weighted by the agreement of the two classifiers.
rectified_supervision = dict(
    type='RectifiedSupervision', loss=dict(type='RectifiedLoss', aux_weight=0.5), class_weights=class_weights
)
rectified_objectives = [rectified_supervision, statistics_of_target]
# The network of the second stage, beside its dropout: BatchNorm is trained altogether.
stage2_backbone = dict(norm_cfg=dict(requires_grad=True), init_cfg=None)  # StageCheckpointHook gives the weights

optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='RepeatedSGD', lr=2e-4, momentum=0.9, weight_decay=5e-4, nesterov=True),
    paramwise_cfg=dict(
        custom_keys={
            '.layer': dict(repeat=3),
            'downsample': dict(repeat=4),
            'decode_head': dict(lr_mult=10.0),
        }
    ),
)
param_scheduler = dict(type='WarmupPolyLR', warmup_iters=0.2, max_iters=4.0, by_epoch=False)
train_cfg = dict(type='UDATrainLoop', max_iters=25000, val_interval=5000)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
