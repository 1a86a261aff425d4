# CBST on ResNet-38, as published.
_base_ = [
    '../_base_/rounds_runtime.py',
    '../_base_/datasets/gta2cs_pool_504x504.py',
    '../_base_/methods/cbst_r38.py',
    '../_base_/schedules/cbst_rounds.py',
]
custom_hooks = [
    dict(
        type='StageCheckpointHook',
        work_dir='work_dirs/cbst/source_only_gta2cs',
        config='configs/cbst/source_only_gta2cs.py',
    ),
]
work_dir = 'work_dirs/cbst/gta2cs'
