# DeepLab-v3+ on DRN-D-54, the student of ensemble distillation; BatchNorm is trained altogether.
#
# The published student starts from a model of the same network trained on the source, which is loaded whole:
#   --cfg-options load_from=pretrained/student_gta.pth     (tools/model_converters/ensemble_student.py)
# For source training the backbone starts from the ImageNet weights of the DRN authors. These saw R, G, B images of
# unit deviation; B, G, R images minus mean are the published student's.
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
            norm_cfg=dict(type='BN', requires_grad=True),
            init_cfg=dict(type='Pretrained', checkpoint='http://dl.yf.io/drn/drn_d_54-0e0534ff.pth'),
        ),
        decode_head=dict(type='DeepLabV3PlusHead', num_classes=19),
        train_cfg=dict(),
        test_cfg=dict(mode='whole'),
    ),
)
