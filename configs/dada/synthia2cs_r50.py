# DADA on MMSegmentation's ResNet-50; plain SGD, as its tensors are named but not built like the original's.
_base_ = [
    '../_base_/datasets/synthia2cs_depth_760x1280.py',
    '../_base_/models/advent_r101.py',
    '../_base_/methods/dada.py',
]
model = dict(
    data_preprocessor=dict(
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True,
    ),
    segmentor=dict(
        backbone=dict(
            _delete_=True,
            type='ResNetV1c',
            depth=50,
            strides=(1, 2, 1, 1),
            dilations=(1, 1, 2, 4),
            contract_dilation=True,
            norm_cfg=dict(type='BN', requires_grad=True),
            norm_eval=False,
            init_cfg=dict(type='Pretrained', checkpoint='open-mmlab://resnet50_v1c'),
        ),
        decode_head=dict(type='DepthFusionHead'),
    ),
    objectives=_base_.objectives,
)
custom_hooks = _base_.hooks
optim_wrapper = dict(
    optimizer=dict(_delete_=True, type='SGD', lr=2.5e-4, momentum=0.9, weight_decay=5e-4),
    paramwise_cfg=dict(_delete_=True, custom_keys=dict(decode_head=dict(lr_mult=10.0))),
)
work_dir = 'work_dirs/dada/synthia2cs_r50'
