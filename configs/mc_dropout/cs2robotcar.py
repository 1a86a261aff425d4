# Cityscapes to RobotCar: MRNet+Rectifying on labels of stage 1 that Monte-Carlo dropout corrects. A label stays where
# the mean over five passes is at least 0.8.
_base_ = '../mrnet/cs2robotcar_rectified.py'

custom_hooks = [
    dict(type='StageCheckpointHook', work_dir='work_dirs/mrnet/cs2robotcar', config='configs/mrnet/cs2robotcar.py'),
    dict(
        type='PseudoLabelHook',
        predictor=dict(type='MCDropoutPredictor', passes=5, dropout_ratio=0.1, scales=[(1280, 960), (1600, 1200)]),
        labeler=dict(type='MeanPassLabeler', threshold=0.8),
    ),
]
# All of the schedule of 100000, and 5000 iterations of warm-up.
train_cfg = dict(max_iters=100000)
param_scheduler = dict(warmup_iters=0.05, max_iters=1.0)
work_dir = 'work_dirs/mc_dropout/cs2robotcar'
