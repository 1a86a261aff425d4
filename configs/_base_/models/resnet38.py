# ResNet-38 (model A1) with the classifier of CBST.
#
# Weights are the authors' MXNet files, converted by tools/model_converters/mxnet_params.py; without a file the
# backbone starts from scratch. A model trained on the source is loaded whole:
#   --cfg-options load_from=pretrained/resnet38_gta.pth
# ImageNet weights (converted with --backbone-only) are given to the backbone:
#   --cfg-options model.segmentor.backbone.init_cfg.type=Pretrained
#                 model.segmentor.backbone.init_cfg.checkpoint=pretrained/resnet38_imagenet.pth
#                 model.segmentor.backbone.init_cfg.prefix=backbone.
# Crops are multiples of 8 pixels: the loss reads one label per cell of 8 x 8. If memory is short:
#   --cfg-options model.segmentor.backbone.with_cp=True
model = dict(
    type='UDASegmentor',
    data_preprocessor=dict(
        type='UDADataPreprocessor',
        mean=[123.675, 116.28, 103.53],  # R, G, B
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True,
        size_divisor=8,
        test_cfg=dict(size_divisor=8),
    ),
    segmentor=dict(
        type='EncoderDecoder',
        backbone=dict(type='ResNet38'),
        decode_head=dict(type='ResNet38Head', num_classes=19),
        train_cfg=dict(),
        test_cfg=dict(mode='whole'),
    ),
)
