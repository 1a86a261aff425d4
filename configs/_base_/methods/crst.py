# CRST, and CBST on DeepLab-v2: three rounds of two epochs, as in CRST's code; the rate is constant. Its optimizer holds
# every tensor of a residual block three times, of a down-sampling branch four times; plain SGD is the corrected
# variant.
_base_ = '../default_runtime.py'

# CBST: cross entropy on the pool of source and pseudo-labeled target crops.
cbst_objectives = [dict(type='Supervision', view='pool', loss=dict(type='PixelCrossEntropyLoss'))]
# MRKLD, regularization of the model: predictions on pseudo-labeled pixels are kept less confident.
mrkld_objectives = [
    *cbst_objectives,
    # 0.1 squared, as in the published code; applied_twice=False for the paper's 0.1.
    dict(type='ModelRegularization', loss=dict(type='ModelRegularizationLoss', weight=0.1, applied_twice=True)),
]
# LRENT, regularization of the labels: soft pseudo labels of higher entropy.
lrent_objectives = [dict(type='SoftLabelSupervision')]

runner_type = 'SelfTrainingRunner'
optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='RepeatedSGD', lr=5e-5, momentum=0.9, weight_decay=5e-4, nesterov=False, repeat_rule='torch14'),
    paramwise_cfg=dict(
        custom_keys={
            '.layer': dict(repeat=3),
            'downsample': dict(repeat=4),
            'decode_head': dict(lr_mult=10.0),
        }
    ),
)
train_cfg = dict(
    num_rounds=3,
    epochs=2,
    rule='crst',
    source=dict(portion=dict(start=0.03, step=0.0025, maximum=0.06), policy='random', seed=3, mine=False),
    labels=dict(
        type='ModelLabels',
        predictor=dict(type='LogitMapPredictor', scale=0.9, backend='cv2'),
        labeler=dict(type='ClassBalancedLabeler', sampling='crst'),
        portion=dict(start=0.2, step=0.05, maximum=0.5),
    ),
)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
default_hooks = dict(checkpoint=dict(interval=1000, max_keep_ckpts=1))  # beside the one that each round leaves
