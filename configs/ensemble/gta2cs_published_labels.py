# The student of gta2cs.py on fused labels that exist already, as flat files of training ids: the quick start of
# the authors. 255 stays ignored; no teacher is needed.
_base_ = [
    '../_base_/rounds_runtime.py',
    '../_base_/datasets/cs_1024x512_pool.py',
    '../_base_/methods/ensemble_student.py',
    '../_base_/schedules/ensemble_labels.py',
]
train_dataloader = dict(dataset=dict(target=dict(store='data/cityscapes/gtFine/PLF_source', flat=True)))
custom_hooks = [
    dict(
        type='StageCheckpointHook',
        work_dir='work_dirs/ensemble/source_only_gta2cs',
        config='configs/ensemble/source_only_gta2cs.py',
    ),
]
work_dir = 'work_dirs/ensemble/gta2cs_published_labels'
