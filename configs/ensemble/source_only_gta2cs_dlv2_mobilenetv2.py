# The labeled source alone on the network of the student gta2cs_dlv2_mobilenetv2.py.
_base_ = [
    '../_base_/datasets/gta2cs_512x1024.py',
    '../_base_/models/deeplabv2_mobilenetv2.py',
    '../_base_/methods/ensemble_source_only.py',
]
model = dict(objectives=_base_.objectives)
train_dataloader = dict(dataset=dict(target=None))
work_dir = 'work_dirs/ensemble/source_only_gta2cs_dlv2_mobilenetv2'
