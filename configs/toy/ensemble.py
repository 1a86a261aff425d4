# Ensemble distillation: the small network learns from the fused labels of four teachers.
_base_ = [
    '../_base_/small_runtime.py',
    '../_base_/datasets/toy_pool.py',
    '../_base_/methods/small_ensemble_student.py',
    '../_base_/schedules/small_ensemble.py',
]
train_dataloader = dict(dataset=dict(source=None))
custom_hooks = [
    dict(type='StageCheckpointHook', work_dir='work_dirs/toy/source_only', config='configs/toy/source_only.py'),
]
train_cfg = dict(
    labels=dict(
        teachers=[
            dict(config='configs/toy/mrnet_rectified.py'),
            dict(config='configs/toy/dacs.py'),
            dict(config='configs/toy/crst_mrkld.py'),
            dict(config='configs/toy/cbst.py'),
        ],
        predictor=dict(type='LogitMapPredictor', scale=(257, 129), flip=False),
    )
)
work_dir = 'work_dirs/toy/ensemble'
