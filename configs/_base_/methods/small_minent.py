# MinEnt on the small network, which has two classifiers. It starts from nothing, so it sees the source alone for the
# first two thirds.
_base_ = './small_source_only.py'

model = dict(
    statistics_views=('target',),  # trained for minutes, no blend of two domains
    objectives=[
        *_base_.model.objectives,
        dict(type='ClassifierEntropy', weights=dict(aux=2e-4, main=1e-3), begin=2 / 3),
    ],
)
