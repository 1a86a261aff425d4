# Three rounds: the model of the round before labels, training goes on on its labels. Each round has 25000 iterations of
# a schedule of 100000, with 5000 of warm-up.
_base_ = './gta2cs.py'

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
    iterations=25000,
    val_interval=5000,
    learning_rate=dict(decay='poly', power=0.9, span=4.0, warmup=0.2, round_factor=1.0),
    labels=dict(type='ModelLabels', predictor=_base_.custom_hooks[1].predictor, labeler=_base_.custom_hooks[1].labeler),
)
param_scheduler = None
work_dir = 'work_dirs/mc_dropout/gta2cs_rounds'
