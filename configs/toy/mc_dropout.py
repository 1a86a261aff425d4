# MRNet+Rectifying on labels corrected by Monte-Carlo dropout: kept where the mean over the passes is high.
_base_ = './mrnet_rectified.py'

custom_hooks = [
    dict(type='StageCheckpointHook', work_dir='work_dirs/toy/mrnet', config='configs/toy/mrnet.py'),
    dict(
        type='PseudoLabelHook',
        predictor=dict(type='MCDropoutPredictor', passes=5, dropout_ratio=0.1, scales=[(257, 129), (321, 161)]),
        labeler=dict(type='MeanPassLabeler', threshold=0.8),
    ),
]
work_dir = 'work_dirs/toy/mc_dropout'
