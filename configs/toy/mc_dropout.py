# MRNet+Rectifying on labels of stage 1 that Monte-Carlo dropout corrects. A label stays where the mean over five passes
# is at least 0.8.
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
