# DeepLab-v2's ResNet-101 with four branches in the classifier of which two are summed, as in much published code.
#
# The published runs start from a ResNet-101 trained on ImageNet and COCO: put the file resnet101COCO-41f33a49.pth under
# pretrained/. Plain ImageNet weights of the same layout, with which the authors found the same accuracy, download by
# themselves:
#   --cfg-options model.segmentor.backbone.init_cfg.checkpoint=open-mmlab://detectron2/resnet101_caffe
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
            init_cfg=dict(type='Pretrained', checkpoint='pretrained/resnet101COCO-41f33a49.pth'),
        ),
        decode_head=dict(type='DeepLabV2Head', branches=2, in_channels=2048, in_index=3, num_classes=19),
        train_cfg=dict(),
        test_cfg=dict(mode='whole'),
    ),
)
