# Three rounds: the model of the round before labels, training goes on on its labels.
_base_ = [
    '../_base_/datasets/toy_129x257.py',
    '../_base_/methods/small_mc_dropout.py',
]
model = dict(objectives=[dict(_base_.model.objectives[0], view='pool')])
train_dataloader = _base_.stage2_pool
custom_hooks = [dict(type='StageCheckpointHook', config='configs/toy/mrnet.py')]
runner_type = 'SelfTrainingRunner'
train_cfg = dict(
    _delete_=True,
    num_rounds=3,
    iterations=100,
    val_interval=50,
    learning_rate=dict(decay='poly', power=0.9, warmup=0.2, round_factor=1.0),
    labels=dict(
        type='ModelLabels',
        predictor=dict(_base_.passes, scales=[(257, 129), (321, 161)]),
        labeler=_base_.mean_labeler,
    ),
)
param_scheduler = None
work_dir = 'work_dirs/toy/mc_dropout_rounds'
