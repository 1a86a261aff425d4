# Self-training on DeepLab-v2: cross entropy on the pool of source and pseudo-labeled target crops.
_base_ = '../models/deeplabv2_r101.py'

model = dict(
    segmentor=dict(backbone=dict(init_cfg=None)),  # StageCheckpointHook gives the weights
    objectives=[
        dict(type='Supervision', view='pool', loss=dict(type='PixelCrossEntropyLoss')),
    ],
)
