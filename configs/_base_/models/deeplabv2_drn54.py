# DeepLab-v2's classifier on DRN-D-54, the other student of ensemble distillation. As published, two of the four
# branches are summed, and BatchNorm's scale and shift are not trained while its statistics move. Corrected:
#   --cfg-options model.segmentor.decode_head.branches=4 model.segmentor.backbone.norm_cfg.requires_grad=True
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
            type='DRN',
            depth=54,
            out_indices=(8,),
            norm_cfg=dict(type='BN', requires_grad=False),
            init_cfg=dict(type='Pretrained', checkpoint='http://dl.yf.io/drn/drn_d_54-0e0534ff.pth'),
        ),
        decode_head=dict(type='DeepLabV2Head', in_channels=512, branches=2, num_classes=19),
        train_cfg=dict(),
        test_cfg=dict(mode='whole'),
    ),
)
