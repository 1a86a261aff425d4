# The labeled source alone on the network of the student gta2cs.py.
_base_ = [
    '../_base_/default_runtime.py',
    '../_base_/datasets/gta2cs.py',
    '../_base_/models/deeplabv3plus_drn54.py',
    '../_base_/methods/ensemble_source_objectives.py',
    '../_base_/schedules/ensemble_source.py',
]
model = dict(objectives=_base_.objectives)
train_dataloader = dict(dataset=dict(target=None))
work_dir = 'work_dirs/ensemble/source_only_gta2cs'
