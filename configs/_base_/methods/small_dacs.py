# DACS on the small network.
_base_ = './small_source_continued.py'

model = dict(
    objectives=[
        *_base_.model.objectives,
        dict(type='ClassMixSupervision', augmentation=dict(type='StrongAugmentation')),
    ],
)
