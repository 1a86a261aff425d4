# DeepLab-v2's ResNet-101 with the two classifiers of MRNet.
#
# The published runs start from DeepLab's own weights (ImageNet + COCO): put the file
# DeepLab_resnet_pretrained_init-f81d91e8.pth (linked from the authors' README) under pretrained/.
# Plain ImageNet weights of the same layout download by themselves:
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
            out_indices=(2, 3),
            norm_cfg=dict(type='BN', requires_grad=False),  # statistics move, scale and shift do not
            norm_eval=False,
            init_cfg=dict(
                type='Pretrained', checkpoint='pretrained/DeepLab_resnet_pretrained_init-f81d91e8.pth', prefix='Scale'
            ),
        ),
        decode_head=dict(type='DualClassifierHead', num_classes=19),
        train_cfg=dict(),
        test_cfg=dict(mode='whole'),
    ),
)
