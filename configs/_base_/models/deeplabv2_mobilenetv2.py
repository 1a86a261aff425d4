# DeepLab-v2's classifier on MobileNetV2 with output stride 16; see deeplabv2_drn54.py.
_base_ = './deeplabv3plus_mobilenetv2.py'

model = dict(
    segmentor=dict(
        backbone=dict(norm_cfg=dict(requires_grad=False)),
        decode_head=dict(_delete_=True, type='DeepLabV2Head', in_channels=320, in_index=1, branches=2, num_classes=19),
    )
)
