# The control of methods that change colors: the source alone, with random colors.
_base_ = './source_continued.py'

source_pipeline = [*_base_.source_pipeline[:-1], dict(type='PhotoMetricDistortion'), _base_.source_pipeline[-1]]
train_dataloader = dict(dataset=dict(source=dict(pipeline=source_pipeline)))
work_dir = 'work_dirs/toy/source_continued_colors'
