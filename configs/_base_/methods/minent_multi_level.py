# MinEnt with two classifiers.
_base_ = '../models/advent_r101_multi_level.py'

model = dict(
    objectives=[
        dict(type='Supervision', view='source', weights=dict(aux=0.1, main=1.0)),
        dict(type='ClassifierEntropy', weights=dict(aux=2e-4, main=1e-3)),
    ]
)
