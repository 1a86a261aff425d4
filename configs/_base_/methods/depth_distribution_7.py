# As depth_distribution.py, 7 classes.
_base_ = './depth_distribution.py'

density = dict(type='MixtureDensity', num_classes=7, grid=(96, 161))
objectives = _base_.model.objectives
source = dict(
    type='Supervision',
    view='source',
    class_weights=dict(type='FixedClassWeights', weights=(0.349, 0.462, 11.576, 1.325, 1.993, 3.216, 3.192)),
)
model = dict(
    segmentor=dict(decode_head=dict(num_classes=7)),
    objectives=[
        source,
        dict(objectives[1], density=density),
        objectives[2],
        objectives[3],
        dict(objectives[4], density=density),
    ],
)
