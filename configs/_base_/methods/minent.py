# MinEnt: the entropy of the prediction on the target is minimized.
_base_ = '../models/advent_r101.py'

model = dict(
    objectives=[
        dict(type='Supervision', view='source'),
        dict(type='ClassifierEntropy', weights=dict(main=1e-3)),
    ]
)
