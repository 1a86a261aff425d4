# The labeled source alone on DeepLab-v2.
_base_ = [
    '../_base_/default_runtime.py',
    '../_base_/datasets/gta2cs_500x500.py',
    '../_base_/models/deeplabv2_r101.py',
    '../_base_/schedules/crst_source.py',
]
model = dict(
    objectives=[
        dict(type='Supervision', view='source', loss=dict(type='PixelCrossEntropyLoss')),
    ]
)
train_dataloader = dict(dataset=dict(target=None))
work_dir = 'work_dirs/cbst/source_only_gta2cs_dlv2'
