# MRNet+Rectifying on labels of stage 1 that Monte-Carlo dropout corrects: all of the schedule of 100000, and 5000
# iterations of warm-up. The optimizer holds every tensor of a residual block three times, of a down-sampling branch
# four times, as the published code does.
_base_ = '../default_runtime.py'

# What passes with dropout agree about: the mean, every pass, or mean and deviation and which classes a pixel has not.
passes = dict(type='MCDropoutPredictor', passes=5, dropout_ratio=0.1)
mean_labeler = dict(type='MeanPassLabeler', threshold=0.8)
minimum_labeler = dict(type='MinimumPassLabeler', threshold=0.8, index='mean')  # by the published rule of the index
negative_labeler = dict(
    type='NegativePassLabeler',
    positive=dict(type='MeanStdPassLabeler', threshold=0.8, max_std=0.05),
    max_mean=0.05,
    max_std=0.005,
)

# Pseudo labels weighted by the agreement of the two classifiers.
rectified_supervision = dict(
    type='RectifiedSupervision',
    loss=dict(type='RectifiedLoss', aux_weight=0.5),
    class_weights=dict(type='ClassBalanceWeights', max_weight=7.0),
)
statistics_of_target = dict(type='BatchNormUpdate', view='target')
objectives = [rectified_supervision, statistics_of_target]
# The network, beside its dropout: BatchNorm is trained altogether.
backbone = dict(norm_cfg=dict(requires_grad=True), init_cfg=None)  # StageCheckpointHook gives the weights
# From SYNTHIA as MRNet+Rectifying is trained from there, with memory from iteration 15000 on.
synthia_objectives = [
    rectified_supervision,
    dict(type='MemoryRegularization', weight=0.1, begin=0.15),
    statistics_of_target,
]
# Pixels without a label learn which classes they do not have: an objective more.
negative_supervision = dict(type='NegativeSupervision')

optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='RepeatedSGD', lr=1e-4, momentum=0.9, weight_decay=5e-4, nesterov=True),
    paramwise_cfg=dict(
        custom_keys={
            '.layer': dict(repeat=3),
            'downsample': dict(repeat=4),
            'decode_head': dict(lr_mult=10.0),
        }
    ),
)
param_scheduler = dict(type='WarmupPolyLR', warmup_iters=0.05, max_iters=1.0, by_epoch=False)
train_cfg = dict(type='UDATrainLoop', max_iters=100000, val_interval=5000)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
