# Ensemble distillation from GTA5 to Cityscapes: DeepLab-v3+ on DRN-D-54 learns from the fused labels of four teachers.
_base_ = [
    '../_base_/rounds_runtime.py',
    '../_base_/datasets/cs_1024x512_pool.py',
    '../_base_/methods/ensemble_student.py',
    '../_base_/schedules/ensemble_gta2cs.py',
]
custom_hooks = [
    dict(
        type='StageCheckpointHook',
        work_dir='work_dirs/ensemble/source_only_gta2cs',
        config='configs/ensemble/source_only_gta2cs.py',
    ),
]
work_dir = 'work_dirs/ensemble/gta2cs'
