# A label stays where each of the five passes gives it at least 0.8; by the published rule of the index.
_base_ = './mc_dropout.py'

custom_hooks = [
    _base_.custom_hooks[0],
    dict(_base_.custom_hooks[1], labeler=dict(type='MinimumPassLabeler', threshold=0.8, index='mean')),
]
work_dir = 'work_dirs/toy/mc_dropout_minimum'
