# DeepLab-v2's classifier on DRN-D-54, the other student of ensemble distillation. As published, two of the four
# branches are summed, and BatchNorm's scale and shift are not trained while its statistics move. Corrected:
#   --cfg-options model.segmentor.decode_head.branches=4 model.segmentor.backbone.norm_cfg.requires_grad=True
_base_ = './deeplabv3plus_drn54.py'

model = dict(
    segmentor=dict(
        backbone=dict(out_indices=(8,), norm_cfg=dict(requires_grad=False)),
        decode_head=dict(_delete_=True, type='DeepLabV2Head', in_channels=512, branches=2, num_classes=19),
    )
)
