# Ensemble distillation: the small network learns from the fused labels of four teachers.
_base_ = [
    '../_base_/datasets/toy_129x257.py',
    '../_base_/methods/small_ensemble.py',
]
train_dataloader = _base_.pool_without_source
custom_hooks = [dict(type='StageCheckpointHook', config='configs/toy/source_only.py')]
train_cfg = dict(
    labels=dict(
        teachers=[
            dict(config='configs/toy/mrnet_rectified.py'),
            dict(config='configs/toy/dacs.py'),
            dict(config='configs/toy/crst_mrkld.py'),
            dict(config='configs/toy/cbst.py'),
        ],
        predictor=dict(type='MultiViewPredictor', scales=_base_.label_scales),
    )
)
work_dir = 'work_dirs/toy/ensemble'
