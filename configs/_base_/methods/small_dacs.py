# DACS on the small network, from source-only. The student never passes a pure target image, so the statistics of its
# BatchNorm that prediction uses are set by AdaptiveBatchNormHook, not by its passes.
_base_ = './small_source_continued.py'

model = dict(
    statistics_views=(),
    objectives=[
        *_base_.model.objectives,
        dict(type='ClassMixSupervision', augmentation=dict(type='StrongAugmentation')),
    ],
)
