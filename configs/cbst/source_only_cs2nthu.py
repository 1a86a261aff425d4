# The labeled source alone on ResNet-38: 30 epochs of Cityscapes; the length is ours.
_base_ = [
    '../_base_/default_runtime.py',
    '../_base_/datasets/cs2nthu_504x504.py',
    '../_base_/models/resnet38.py',
    '../_base_/schedules/cbst_source.py',
]
model = dict(
    segmentor=dict(
        backbone=dict(
            init_cfg=dict(type='Pretrained', checkpoint='pretrained/resnet38_imagenet.pth', prefix='backbone.')
        ),
        decode_head=dict(num_classes=13),
    ),
    objectives=[dict(type='Supervision', view='source', resolution='logits')],
)
train_cfg = dict(max_iters=5578)
train_dataloader = dict(dataset=dict(target=None))
work_dir = 'work_dirs/cbst/source_only_cs2nthu'
