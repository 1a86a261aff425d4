# As depth_distribution_mapillary.py, at 640x320.
_base_ = './depth_distribution_mapillary.py'

density = dict(type='MixtureDensity', num_classes=7, grid=(41, 81))
objectives = _base_.model.objectives
model = dict(
    objectives=[
        objectives[0],
        dict(objectives[1], density=density),
        objectives[2],
        objectives[3],
        dict(objectives[4], density=density),
    ]
)
