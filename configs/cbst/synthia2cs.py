# CBST on ResNet-38, as published.
_base_ = [
    '../_base_/datasets/synthia2cs_pool_504x504.py',
    '../_base_/models/resnet38.py',
    '../_base_/methods/cbst.py',
]
model = dict(segmentor=dict(decode_head=dict(num_classes=16)), objectives=_base_.objectives)
custom_hooks = [dict(type='StageCheckpointHook', config='configs/cbst/source_only_synthia2cs.py')]
train_cfg = dict(source=dict(portion=dict(start=0.02)), labels=dict(portion=dict(start=0.2)))
work_dir = 'work_dirs/cbst/synthia2cs'
