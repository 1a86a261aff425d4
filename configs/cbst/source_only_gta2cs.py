# The labeled source alone on ResNet-38, from ImageNet weights (see ../_base_/models/resnet38.py).
_base_ = [
    '../_base_/datasets/gta2cs_504x504.py',
    '../_base_/models/resnet38.py',
    '../_base_/methods/cbst_source_only.py',
]
model = dict(segmentor=dict(backbone=dict(init_cfg=_base_.imagenet)), objectives=_base_.objectives)
work_dir = 'work_dirs/cbst/source_only_gta2cs'
