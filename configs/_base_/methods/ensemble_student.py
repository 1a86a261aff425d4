# The student of ensemble distillation learns from the fused labels of the target alone: the hardest 20 % of the
# pixels, classes weighted by their share of the batch and by how often they are absent.
_base_ = '../models/deeplabv3plus_drn54.py'

model = dict(
    objectives=[
        dict(
            type='SourceSupervision',
            name='pool',
            view='pool',
            loss=dict(type='HardPixelCrossEntropyLoss', percentile=80.),
            class_weights=dict(type='ClassBalanceWeights', max_weight=7., min_pixels=64 * 64, often_balance=True)),
    ])
