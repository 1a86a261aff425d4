# CBST on DeepLab-v2, as in the code of CRST.
_base_ = [
    '../_base_/rounds_runtime.py',
    '../_base_/datasets/gta2cs_pool_512x1024.py',
    '../_base_/methods/cbst_dlv2.py',
    '../_base_/schedules/crst_rounds.py',
]
custom_hooks = [
    dict(
        type='StageCheckpointHook',
        work_dir='work_dirs/cbst/source_only_gta2cs_dlv2',
        config='configs/cbst/source_only_gta2cs_dlv2.py',
    ),
]
work_dir = 'work_dirs/cbst/gta2cs_dlv2'
