# CBST on the small network: cross entropy on the pool of source and pseudo-labeled target crops, in rounds of minutes
# on a CPU. Each domain is normalized by its own statistics, and those of the target serve prediction.
_base_ = '../small.py'

model = dict(
    separate_domains=True,
    statistics_views=('target',),
    objectives=[
        dict(type='Supervision', view='pool', loss=dict(type='PixelCrossEntropyLoss')),
    ],
)
runner_type = 'SelfTrainingRunner'
optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='AdamW', lr=5e-4, weight_decay=0.01))
train_cfg = dict(
    num_rounds=3,
    iterations=200,
    source=dict(portion=dict(start=1.0)),
    labels=dict(
        type='ModelLabels',
        labeler=dict(type='ClassBalancedLabeler'),
        portion=dict(start=0.2, step=0.05, maximum=0.5),
    ),
)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
