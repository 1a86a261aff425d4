# DeepLab-v2's ResNet-101 with one classifier, as ADVENT has it for SYNTHIA.
#
# The published runs start from the ImageNet weights of DeepLab: put the file DeepLab_resnet_pretrained_imagenet.pth
# (linked from the README of the authors) under pretrained/. Others of the same layout download by themselves:
#   --cfg-options model.segmentor.backbone.init_cfg.checkpoint=open-mmlab://detectron2/resnet101_caffe
#                 model.segmentor.backbone.init_cfg.prefix=None
model = dict(
    type='UDASegmentor',
    data_preprocessor=dict(
        type='UDADataPreprocessor',
        mean=[104.00698793, 116.66876762, 122.67891434],  # B, G, R
        std=[1.0, 1.0, 1.0],
    ),
    segmentor=dict(
        type='EncoderDecoder',
        backbone=dict(
            type='DeepLabResNet',
            depth=101,
            norm_cfg=dict(type='BN', requires_grad=False),  # statistics move, scale and shift do not
            norm_eval=False,
            init_cfg=dict(
                type='Pretrained', checkpoint='pretrained/DeepLab_resnet_pretrained_imagenet.pth', prefix='Scale'
            ),
        ),
        decode_head=dict(type='AdventHead', in_channels=2048, in_index=3, num_classes=16),
        train_cfg=dict(),
        test_cfg=dict(mode='whole'),
    ),
)
