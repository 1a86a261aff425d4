# MRNet+Rectifying on labels that Monte-Carlo dropout corrects, on the small network.
_base_ = './small_mrnet_rectified.py'

# What passes with dropout agree about: the mean, every pass, or mean and deviation and which classes a pixel has not.
passes = dict(type='MCDropoutPredictor', passes=5, dropout_ratio=0.1)
mean_labeler = dict(type='MeanPassLabeler', threshold=0.8)
minimum_labeler = dict(type='MinimumPassLabeler', threshold=0.8, index='mean')  # by the published rule of the index
negative_labeler = dict(
    type='NegativePassLabeler',
    positive=dict(type='MeanStdPassLabeler', threshold=0.8, max_std=0.05),
    max_mean=0.05,
    max_std=0.005,
)

# Pixels without a label learn which classes they do not have.
negative_objectives = [*_base_.model.objectives, dict(type='NegativeSupervision')]
