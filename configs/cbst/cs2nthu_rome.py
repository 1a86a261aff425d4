# CBST on ResNet-38 from Cityscapes to Rome, 13 classes.
_base_ = [
    '../_base_/datasets/cs2nthu_pool_504x504.py',
    '../_base_/models/resnet38.py',
    '../_base_/methods/cbst.py',
]
city = 'data/nthu/Rome'
model = dict(segmentor=dict(decode_head=dict(num_classes=13)), objectives=_base_.objectives)
train_dataloader = dict(dataset=dict(target=dict(dataset=dict(data_root=city))))
val_dataloader = dict(dataset=dict(data_root=city))
test_dataloader = val_dataloader
train_cfg = dict(labels=dict(portion=dict(start=0.2)))
custom_hooks = [dict(type='StageCheckpointHook', config='configs/cbst/source_only_cs2nthu.py')]
work_dir = 'work_dirs/cbst/cs2nthu_rome'
