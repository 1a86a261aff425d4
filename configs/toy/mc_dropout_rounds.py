# Four rounds: the model of the round before labels, training goes on on its labels, at half of its rate.
_base_ = [
    '../_base_/datasets/toy_129x257.py',
    '../_base_/methods/small_mrnet_rectified.py',
]
model = dict(objectives=[dict(_base_.model.objectives[0], view='pool')])
train_dataloader = _base_.stage2_pool
custom_hooks = [dict(type='StageCheckpointHook', config='configs/toy/mrnet.py')]
runner_type = 'SelfTrainingRunner'
train_cfg = dict(
    _delete_=True,
    num_rounds=4,
    iterations=125,
    val_interval=125,
    learning_rate=dict(decay='poly', warmup=0.05, round_factor=0.5),
    labels=dict(
        type='ModelLabels', predictor=dict(_base_.passes, scales=_base_.label_scales), labeler=_base_.mean_labeler
    ),
)
param_scheduler = None
work_dir = 'work_dirs/toy/mc_dropout_rounds'
