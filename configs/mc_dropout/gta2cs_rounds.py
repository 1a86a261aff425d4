# Three rounds: the model of the round before labels, training goes on on its labels. Each round has 25000 iterations of
# a schedule of 100000, with 5000 of warm-up.
_base_ = [
    '../_base_/datasets/cs_stage2_256x512.py',
    '../_base_/models/deeplabv2_r101_dual.py',
    '../_base_/methods/mc_dropout.py',
]
model = dict(
    segmentor=dict(
        backbone=_base_.backbone,
        decode_head=dict(dropout_ratio=0.2),
    ),
    objectives=[dict(_base_.rectified_supervision, view='pool'), _base_.statistics_of_target],
)
train_dataloader = dict(
    sampler=dict(_delete_=True, type='PoolSampler'),
    dataset=dict(
        _delete_=True,
        type='PoolDataset',
        source=None,
        target=_base_.train_dataloader.dataset.source,
        unlabeled=_base_.train_dataloader.dataset.target,
    ),
)
custom_hooks = [dict(type='StageCheckpointHook', config='configs/mrnet/gta2cs.py')]
runner_type = 'SelfTrainingRunner'
train_cfg = dict(
    _delete_=True,
    num_rounds=3,
    iterations=25000,
    val_interval=5000,
    learning_rate=dict(decay='poly', power=0.9, span=4.0, warmup=0.2, round_factor=1.0),
    labels=dict(
        type='ModelLabels',
        predictor=dict(_base_.passes, scales=[(1024, 512), (1280, 640)]),
        labeler=_base_.mean_labeler,
    ),
)
param_scheduler = None
work_dir = 'work_dirs/mc_dropout/gta2cs_rounds'
