# MinEnt on the small network, which has two classifiers.
_base_ = './small_source_continued.py'

model = dict(
    objectives=[
        *_base_.model.objectives,
        dict(type='ClassifierEntropy', weights=dict(aux=2e-4, main=1e-3)),
    ],
)
