# CRST with label regularization on DeepLab-v2: soft pseudo labels of higher entropy.
_base_ = '../models/deeplabv2_r101.py'

model = dict(
    segmentor=dict(backbone=dict(init_cfg=None)),  # StageCheckpointHook gives the weights
    objectives=[dict(type='SoftLabelSupervision')],
)
