# MRNet+Rectifying on the small network.
_base_ = './small_source_continued.py'

model = dict(
    segmentor=dict(decode_head=dict(dropout_ratio=0.2)),
    objectives=[
        dict(
            type='RectifiedSupervision',
            loss=dict(type='RectifiedLoss', aux_weight=0.5),
            class_weights=_base_.class_weights,
        ),
    ],
)

# With labels that Monte-Carlo dropout corrects. What passes with dropout agree about: the mean, every pass, or mean and
# deviation and which classes a pixel has not. A threshold of 0.5 instead of 0.8: of what a network of minutes is surer
# of, thin classes have few labels that are right.
passes = dict(type='MCDropoutPredictor', passes=5, dropout_ratio=0.1)
mean_labeler = dict(type='MeanPassLabeler', threshold=0.5)
minimum_labeler = dict(type='MinimumPassLabeler', threshold=0.5, index='mean')  # by the published rule of the index
negative_labeler = dict(
    type='NegativePassLabeler',
    positive=dict(type='MeanStdPassLabeler', threshold=0.5, max_std=0.05),
    max_mean=0.05,
    max_std=0.005,
)

# Pixels without a label learn which classes they do not have.
negative_objectives = [*model['objectives'], dict(type='NegativeSupervision')]
