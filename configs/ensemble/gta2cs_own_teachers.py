# The teacher of each class is found by the certainty of these teachers on the target images, without labels.
_base_ = [
    '../_base_/datasets/cs_pool_256x512.py',
    '../_base_/models/deeplabv3plus_drn54.py',
    '../_base_/methods/ensemble.py',
]
model = dict(
    segmentor=dict(backbone=dict(init_cfg=None)),  # StageCheckpointHook gives the weights
    objectives=_base_.objectives,
)
train_cfg = dict(
    labels=dict(
        _base_.gta2cs_labels,
        labeler=dict(_base_.gta2cs_labels.labeler, teacher_of_class=None),
        store='work_dirs/ensemble/gta2cs_own_teachers_labels',
    )
)
custom_hooks = [dict(type='StageCheckpointHook', config='configs/ensemble/source_only_gta2cs.py')]
work_dir = 'work_dirs/ensemble/gta2cs_own_teachers'
