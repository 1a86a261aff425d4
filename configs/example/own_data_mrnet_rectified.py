# MRNet+Rectifying on own data, from stage 1.
_base_ = [
    '../_base_/datasets/own_data_pseudo.py',
    '../_base_/methods/small_mrnet_rectified.py',
]
val_dataloader = val_cfg = val_evaluator = None  # no labels of the target
model = dict(segmentor=dict(decode_head=dict(num_classes=len(_base_.classes))))
custom_hooks = [
    dict(type='StageCheckpointHook', config='configs/example/own_data_mrnet.py'),
    dict(
        type='PseudoLabelHook',
        predictor=dict(type='MultiViewPredictor', scales=[(129, 97), (161, 129)]),
        labeler=dict(type='ConfidenceLabeler'),
    ),
]
work_dir = 'work_dirs/example/own_data_mrnet_rectified'
