# What the networks that become students learn from. To be used as `model = dict(objectives=_base_.objectives)`.
objectives = [
    dict(type='Supervision', view='source', loss=dict(type='PixelCrossEntropyLoss')),
]
