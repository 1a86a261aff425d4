# CBST: six rounds of two epochs, as in its code. Biases learn at twice the rate and do not decay.
_base_ = '../default_runtime.py'

# Cross entropy at the cells of the network on the pool of source and pseudo-labeled target crops.
objectives = [dict(type='Supervision', view='pool', resolution='logits')]

runner_type = 'SelfTrainingRunner'
optim_wrapper = dict(
    type='OptimWrapper',
    constructor='BiasOptimWrapperConstructor',
    optimizer=dict(type='SGD', lr=1e-4, momentum=0.9, weight_decay=5e-4),
)
train_cfg = dict(
    num_rounds=6,
    epochs=2,
    rule='cbst',
    source=dict(portion=dict(start=0.03, step=0.0025, maximum=0.06), policy='cumulative', seed=0),
    labels=dict(
        type='ModelLabels',
        predictor=dict(type='SoftmaxMapPredictor', long_side=1850),
        labeler=dict(type='ClassBalancedLabeler', sampling='cbst'),
        portion=dict(start=0.15, step=0.05, maximum=0.5),
    ),
)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
default_hooks = dict(checkpoint=dict(interval=1000, max_keep_ckpts=1))  # beside the one that each round leaves
