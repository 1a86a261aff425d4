_base_ = [
    '../_base_/default_runtime.py',
    '../_base_/datasets/gta2cs.py',
    '../_base_/methods/source_only.py',
    '../_base_/schedules/mrnet_stage1.py',
]
train_dataloader = dict(dataset=dict(target=None))
work_dir = 'work_dirs/mrnet/source_only_gta2cs'
