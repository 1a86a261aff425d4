# Ensemble distillation: the small network learns from the fused labels of four teachers.
_base_ = [
    '../_base_/small_runtime.py',
    '../_base_/datasets/camvid_pool.py',
    '../_base_/methods/small_ensemble_student.py',
    '../_base_/schedules/small_ensemble.py',
]
model = dict(segmentor=dict(decode_head=dict(num_classes=11)))
train_dataloader = dict(dataset=dict(source=None))
custom_hooks = [
    dict(type='StageCheckpointHook', work_dir='work_dirs/camvid/source_only', config='configs/camvid/source_only.py'),
]
train_cfg = dict(
    labels=dict(
        teachers=[
            dict(config='configs/camvid/mrnet_rectified.py'),
            dict(config='configs/camvid/dacs.py'),
            dict(config='configs/camvid/crst_mrkld.py'),
            dict(config='configs/camvid/cbst.py'),
        ],
        predictor=dict(type='LogitMapPredictor', scale=(257, 193), flip=False),
    )
)
work_dir = 'work_dirs/camvid/ensemble'
