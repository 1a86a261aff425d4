# What the networks that become students learn from. To be used as `model = dict(objectives=_base_.objectives)`.
objectives = [
    dict(type='SourceSupervision', loss=dict(type='HardPixelCrossEntropyLoss', percentile=None)),
]
