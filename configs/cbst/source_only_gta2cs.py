# The labeled source alone on ResNet-38, from ImageNet weights (see ../_base_/models/resnet38.py).
_base_ = [
    '../_base_/default_runtime.py',
    '../_base_/datasets/gta2cs_504x504.py',
    '../_base_/models/resnet38.py',
    '../_base_/schedules/cbst_source.py',
]
model = dict(
    segmentor=dict(
        backbone=dict(
            init_cfg=dict(type='Pretrained', checkpoint='pretrained/resnet38_imagenet.pth', prefix='backbone.')
        )
    ),
    objectives=[dict(type='Supervision', view='source', resolution='logits')],
)
train_dataloader = dict(dataset=dict(target=None))
work_dir = 'work_dirs/cbst/source_only_gta2cs'
