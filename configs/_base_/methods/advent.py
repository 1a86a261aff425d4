# AdvEnt and MinEnt, with one classifier or two: 90k iterations. On GTA5 they are the first 120k of a schedule of 250k.
# The optimizer holds every tensor of a residual block three times, of a down-sampling branch four times, as the
# published code does; plain SGD is the corrected variant. The authors used PyTorch 0.4, whose repeated updates are
# those of torch14.
_base_ = '../default_runtime.py'

source = dict(type='Supervision', view='source')
two_sources = dict(source, weights=dict(aux=0.1, main=1.0))  # of the two classifiers
main_weights = dict(main=1e-3)
both_weights = dict(aux=2e-4, main=1e-3)

# AdvEnt: discriminators see the weighted self-information of the prediction.
adversary = dict(
    type='AdversarialAlignment',
    maps=dict(type='SelfInformation'),
    loss=dict(type='VanillaGANLoss', discriminator_scale=0.5),
)
objectives = [source, dict(adversary, weights=main_weights)]
multi_level_objectives = [two_sources, dict(adversary, weights=both_weights)]
# MinEnt: the entropy of the prediction on the target is minimized.
minent_objectives = [source, dict(type='ClassifierEntropy', weights=main_weights)]
minent_multi_level_objectives = [two_sources, dict(type='ClassifierEntropy', weights=both_weights)]

discriminator = dict(
    type='DiscriminatorHook',
    discriminator=dict(type='FCDiscriminator'),
    optimizer=dict(type='Adam', lr=1e-4, betas=(0.9, 0.99)),
)
schedule = dict(type='WarmupPolyLR', by_epoch=False)
hooks = [dict(discriminator, param_scheduler=schedule)]
hooks_120k = [dict(discriminator, param_scheduler=dict(schedule, max_iters=25 / 12))]

optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(
        type='RepeatedSGD', lr=2.5e-4, momentum=0.9, weight_decay=5e-4, nesterov=False, repeat_rule='torch14'
    ),
    paramwise_cfg=dict(
        custom_keys={
            '.layer': dict(repeat=3),
            'downsample': dict(repeat=4),
            'decode_head': dict(lr_mult=10.0),
        }
    ),
)
param_scheduler = schedule
train_cfg = dict(type='UDATrainLoop', max_iters=90000, val_interval=2000)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
