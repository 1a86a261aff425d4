# MinEnt on the small network, which has two classifiers. Ten times the published weights: training is short, and those
# change little in it.
_base_ = './small_source_continued.py'

model = dict(
    objectives=[
        *_base_.model.objectives,
        dict(type='ClassifierEntropy', weights=dict(aux=2e-3, main=1e-2)),
    ],
)
