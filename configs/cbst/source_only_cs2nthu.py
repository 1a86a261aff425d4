# The labeled source alone on ResNet-38: 30 epochs of Cityscapes; the length is ours.
_base_ = [
    '../_base_/datasets/cs2nthu_504x504.py',
    '../_base_/models/resnet38.py',
    '../_base_/methods/cbst_source_only.py',
]
model = dict(
    segmentor=dict(
        backbone=dict(init_cfg=_base_.imagenet),
        decode_head=dict(num_classes=13),
    ),
    objectives=_base_.objectives,
)
train_cfg = dict(max_iters=5578)
work_dir = 'work_dirs/cbst/source_only_cs2nthu'
