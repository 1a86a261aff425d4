# CBST on the small network: cross entropy on the pool of source and pseudo-labeled target crops, in rounds that are
# together as long as the further training of other methods. The rate halves from round to round: later rounds have more
# labels, which are less often right.
_base_ = '../small.py'

model = dict(objectives=[dict(type='Supervision', view='pool', loss=dict(type='PixelCrossEntropyLoss'))])
runner_type = 'SelfTrainingRunner'
optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='AdamW', lr=2e-4, weight_decay=0.01))
train_cfg = dict(
    num_rounds=4,
    iterations=125,
    learning_rate=dict(decay='poly', warmup=0.05, round_factor=0.5),
    source=dict(portion=dict(start=1.0)),
    labels=dict(
        type='ModelLabels',
        labeler=dict(type='ClassBalancedLabeler'),
        portion=dict(start=0.2, step=0.05, maximum=0.5),
    ),
)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
