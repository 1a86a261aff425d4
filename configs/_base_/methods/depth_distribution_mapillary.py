# As depth_distribution_7.py with the weights for Mapillary Vistas: classes alike, all else weaker.
_base_ = './depth_distribution_7.py'

objectives = _base_.model.objectives
model = dict(
    objectives=[
        dict(type='Supervision', view='source'),
        dict(objectives[1], weight=0.005),
        dict(type='DepthRegression', weight=0.0001),
        dict(objectives[3], weights=dict(main=0.001)),
        dict(objectives[4], weight=0.001),
    ]
)
hooks = _base_.custom_hooks
custom_hooks = [hooks[0], dict(hooks[1], optimizer=dict(type='Adam', lr=1e-4, betas=(0.9, 0.99)))]
