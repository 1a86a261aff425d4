# CRST with model regularization (MRKLD).
_base_ = [
    '../_base_/rounds_runtime.py',
    '../_base_/datasets/gta2cs_pool_512x1024.py',
    '../_base_/methods/crst_mrkld.py',
    '../_base_/schedules/crst_rounds.py',
]
custom_hooks = [
    dict(
        type='StageCheckpointHook',
        work_dir='work_dirs/cbst/source_only_gta2cs_dlv2',
        config='configs/cbst/source_only_gta2cs_dlv2.py',
    ),
]
work_dir = 'work_dirs/crst/gta2cs'
