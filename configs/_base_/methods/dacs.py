# DACS: supervised source; the student learns mixed images, half source, half target with the teacher's labels. The
# teacher is the default one of default_runtime.py. 250k iterations; the optimizer holds every tensor of a residual
# block three times, of a down-sampling branch four times, as the published code does; plain SGD is the corrected
# variant.
_base_ = '../default_runtime.py'

source_objectives = [dict(type='Supervision', view='source', loss=dict(type='PixelCrossEntropyLoss'))]
objectives = [
    *source_objectives,
    dict(
        type='ClassMixSupervision',
        draw=dict(type='NumpyClassDraw', mix_ignored=True),
        weighting=dict(type='ConfidentShare', threshold=0.968, of='batch'),
        augmentation=dict(type='StrongAugmentation', published_hsv=True),
        loss=dict(type='PixelWeightedCrossEntropyLoss'),
    ),
]

optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='RepeatedSGD', lr=2.5e-4, momentum=0.9, weight_decay=5e-4, nesterov=False),
    paramwise_cfg=dict(
        custom_keys={
            '.layer': dict(repeat=3),
            'downsample': dict(repeat=4),
            'decode_head': dict(lr_mult=10.0),
        }
    ),
)
param_scheduler = dict(type='WarmupPolyLR', by_epoch=False)
train_cfg = dict(type='UDATrainLoop', max_iters=250000, val_interval=5000)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
