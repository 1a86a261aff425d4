# MRNet+Rectifying on the small network.
_base_ = [
    '../_base_/datasets/toy_129x257.py',
    '../_base_/methods/small_mrnet_rectified.py',
]
train_dataloader = _base_.stage2
custom_hooks = [
    dict(type='StageCheckpointHook', config='configs/toy/mrnet.py'),
    dict(
        type='PseudoLabelHook',
        predictor=dict(type='MultiViewPredictor', scales=_base_.label_scales),
        labeler=dict(type='ConfidenceLabeler'),
    ),
]
work_dir = 'work_dirs/toy/mrnet_rectified'
