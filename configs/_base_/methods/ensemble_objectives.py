# What every student of ensemble distillation learns from: the hardest 20 % of the pixels, classes weighted by their
# share of the batch and by how often they are absent. To be used as `model = dict(objectives=_base_.objectives)`.
objectives = [
    dict(
        type='Supervision',
        view='pool',
        loss=dict(type='HardPixelCrossEntropyLoss', percentile=80.0),
        class_weights=dict(type='ClassBalanceWeights', max_weight=7.0, min_pixels=64 * 64, often_balance=True),
    ),
]
