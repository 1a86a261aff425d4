# DACS on the small network. It never passes a pure target image: the mixed ones, half target, are the nearest to what
# it is tested on, so their statistics are kept and those of the source are not.
_base_ = './small_source_only.py'

model = dict(
    statistics_views=('mixed',),
    objectives=[
        *_base_.model.objectives,
        dict(
            type='ClassMixSupervision',
            weights=dict(aux=0.5, main=1.),
            augmentation=dict(type='StrongAugmentation', std=[58., 58., 58.])),
    ])
