# CRST with model regularization on DeepLab-v2: predictions on pseudo-labeled pixels are kept less confident.
_base_ = '../models/deeplabv2_r101.py'

model = dict(
    segmentor=dict(backbone=dict(init_cfg=None)),  # StageCheckpointHook gives the weights
    objectives=[
        dict(type='Supervision', view='pool', loss=dict(type='PixelCrossEntropyLoss')),
        # 0.1 squared, as in the published code; applied_twice=False for the paper's 0.1.
        dict(type='ModelRegularization', loss=dict(type='ModelRegularizationLoss', weight=0.1, applied_twice=True)),
    ],
)
