# Positive labels by mean and standard deviation; pixels without one learn which classes they do not have.
_base_ = './mc_dropout.py'

custom_hooks = [
    _base_.custom_hooks[0],
    dict(
        _base_.custom_hooks[1],
        predictor=dict(_base_.custom_hooks[1].predictor, temperature=2.0),
        labeler=dict(
            type='NegativePassLabeler',
            positive=dict(type='MeanStdPassLabeler', threshold=0.8, max_std=0.05),
            max_mean=0.05,
            max_std=0.005,
        ),
    ),
]
train_dataloader = dict(
    dataset=dict(
        source=dict(
            pipeline=[
                *_base_.train_dataloader.dataset.source.pipeline[:2],
                dict(type='LoadPlanes', names=['negative']),
                *_base_.train_dataloader.dataset.source.pipeline[2:-1],
                dict(type='PackPlanes'),
            ]
        )
    )
)
model = dict(objectives=[*_base_.model.objectives, dict(type='NegativeSupervision')])
work_dir = 'work_dirs/toy/mc_dropout_negative'
