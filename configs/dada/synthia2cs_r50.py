# DADA on MMSegmentation's ResNet-50; plain SGD, as its tensors are named but not built like the original's.
_base_ = './synthia2cs_plain_sgd.py'

model = dict(
    data_preprocessor=dict(
        _delete_=True,
        type='UDADataPreprocessor',
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
        )
    ),
)
work_dir = 'work_dirs/dada/synthia2cs_r50'
