# DACS: supervised source; the student learns mixed images, half source, half target with the teacher's labels.
# The teacher is the default one of default_runtime.py.
_base_ = '../models/deeplabv2_r101_two_branches.py'

model = dict(
    objectives=[
        dict(type='Supervision', view='source', loss=dict(type='PixelCrossEntropyLoss')),
        dict(
            type='ClassMixSupervision',
            threshold=0.968,
            weighting='batch',
            draw='numpy',
            mix_ignored=True,
            augmentation=dict(type='StrongAugmentation', published_hsv=True),
        ),
    ]
)
