# MRNet, stage 1, on MMSegmentation's ResNet-50; plain SGD, as its tensors are named but not built like the original's.
_base_ = [
    '../_base_/datasets/gta2cs_512x1024.py',
    '../_base_/models/deeplabv2_r101_dual.py',
    '../_base_/methods/mrnet.py',
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
            out_indices=(2, 3),
            norm_cfg=dict(type='BN', requires_grad=True),
            norm_eval=False,
            init_cfg=dict(type='Pretrained', checkpoint='open-mmlab://resnet50_v1c'),
        )
    ),
    objectives=_base_.stage1_objectives,
)
optim_wrapper = dict(
    optimizer=dict(_delete_=True, type='SGD', lr=5e-4, momentum=0.9, weight_decay=5e-4, nesterov=True),
    paramwise_cfg=dict(_delete_=True, custom_keys=dict(decode_head=dict(lr_mult=10.0))),
)
custom_hooks = _base_.stage1_hooks
work_dir = 'work_dirs/mrnet/gta2cs_r50'
