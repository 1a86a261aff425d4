# Three rounds: the model of the round before labels, training goes on on its labels.
_base_ = './mc_dropout.py'

runner_type = 'SelfTrainingRunner'
train_dataloader = dict(
    sampler=dict(_delete_=True, type='PoolSampler'),
    dataset=dict(_delete_=True, type='PoolDataset', source=None, target=_base_.train_dataloader.dataset.source),
)
model = dict(objectives=[dict(_base_.model.objectives[0], view='pool')])
custom_hooks = [_base_.custom_hooks[0]]
train_cfg = dict(
    _delete_=True,
    num_rounds=3,
    iterations=100,
    val_interval=50,
    learning_rate=dict(decay='poly', power=0.9, warmup=0.2, round_factor=1.0),
    labels=dict(type='ModelLabels', predictor=_base_.custom_hooks[1].predictor, labeler=_base_.custom_hooks[1].labeler),
)
param_scheduler = None
work_dir = 'work_dirs/toy/mc_dropout_rounds'
