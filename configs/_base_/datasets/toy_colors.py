# With random colors of the source.
_base_ = './toy.py'

source_pipeline = [*_base_.source_pipeline[:-1], dict(type='PhotoMetricDistortion'), _base_.source_pipeline[-1]]
train_dataloader = dict(dataset=dict(source=dict(pipeline=source_pipeline)))
