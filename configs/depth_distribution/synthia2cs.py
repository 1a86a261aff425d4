# Experiment 1: stage 1, if it is not there, pseudo labels and stage 2.
_base_ = [
    '../_base_/default_runtime.py',
    '../_base_/datasets/cs_pool_1280x760_16.py',
    '../_base_/methods/depth_distribution_stage2.py',
    '../_base_/schedules/depth_distribution_round.py',
]
custom_hooks = [
    dict(
        type='StageCheckpointHook',
        config='configs/depth_distribution/synthia2cs_stage1.py',
        train=True,
    ),
]
work_dir = 'work_dirs/depth_distribution/synthia2cs'
