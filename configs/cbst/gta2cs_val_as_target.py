# Transductive: the validation images are the target, too. Only for comparison with numbers made so.
_base_ = [
    '../_base_/datasets/gta2cs_pool_504x504.py',
    '../_base_/models/resnet38.py',
    '../_base_/methods/cbst.py',
]
model = dict(objectives=_base_.objectives)
custom_hooks = [dict(type='StageCheckpointHook', config='configs/cbst/source_only_gta2cs.py')]
train_dataloader = dict(dataset=dict(target=dict(dataset=dict(data_prefix=dict(img_path='leftImg8bit/val')))))
work_dir = 'work_dirs/cbst/gta2cs_val_as_target'
