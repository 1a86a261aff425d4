# CBST on the 505 most confident target images, as published; the list is made first, see README.md.
_base_ = [
    '../_base_/datasets/gta2cs_pool_504x504.py',
    '../_base_/models/resnet38.py',
    '../_base_/methods/cbst.py',
]
model = dict(objectives=_base_.objectives)
custom_hooks = [dict(type='StageCheckpointHook', config='configs/cbst/source_only_gta2cs.py')]
train_dataloader = dict(dataset=dict(target=dict(dataset=dict(ann_file='confident_505.txt'))))
work_dir = 'work_dirs/cbst/gta2cs_505'
