_base_ = [
    '../_base_/datasets/toy_grid_pool.py',
    '../_base_/methods/small_depth_distribution_stage2.py',
    '../_base_/schedules/small_depth_distribution_round.py',
]
custom_hooks = [
    dict(
        type='StageCheckpointHook',
        config='configs/toy/depth_distribution_stage1.py',
        train=True,
    ),
]
work_dir = 'work_dirs/toy/depth_distribution'
