# Ensemble distillation: one round of student training on labels that teachers have fused; the rate decays to 0. The
# head learns at ten times the backbone's rate.
_base_ = '../default_runtime.py'

# The hardest 20 % of the pixels, classes weighted by their share of the batch and by how often they are absent.
objectives = [
    dict(
        type='Supervision',
        view='pool',
        loss=dict(type='HardPixelCrossEntropyLoss', percentile=80.0),
        class_weights=dict(type='ClassBalanceWeights', max_weight=7.0, min_pixels=64 * 64, often_balance=True),
    ),
]

# How teachers see an image: as they were tested by their authors, or, where that was at several sizes, as they label.
mrnet_predictor = dict(type='MultiViewPredictor', scales=[(1024, 512), (1280, 640)])
dacs_predictor = dict(type='MultiViewPredictor', scales=[(1024, 512)], flip=False, interpolation='bilinear')
crst_predictor = dict(type='LogitMapPredictor', scale=0.9, backend='cv2')  # CBST on DeepLab-v2, too

# Labels by the four teachers of the paper on GTA5, one of them for each class. Students share the labels.
gta2cs_labels = dict(
    type='TeacherLabels',
    teachers=[
        dict(name='R-MRNet', config='configs/mrnet/gta2cs_rectified.py', predictor=mrnet_predictor),
        dict(name='DACS', config='configs/dacs/gta2cs.py', predictor=dacs_predictor),
        dict(name='MRKLD', config='configs/crst/gta2cs.py', predictor=crst_predictor),
        dict(name='CBST', config='configs/cbst/gta2cs_dlv2.py', predictor=crst_predictor),
    ],
    labeler=dict(type='ChannelWiseLabeler', teacher_of_class='gta5', threshold=90, window=5),
    store='work_dirs/ensemble/gta2cs_labels',
)
# By the three on SYNTHIA, without DACS. R-MRNet has 19 outputs.
synthia2cs_labels = dict(
    type='TeacherLabels',
    teachers=[
        dict(name='MRKLD', config='configs/crst/synthia2cs.py', predictor=crst_predictor),
        dict(name='CBST', config='configs/cbst/synthia2cs_dlv2.py', predictor=crst_predictor),
        dict(
            name='R-MRNet',
            config='configs/mrnet/synthia2cs_rectified.py',
            drop_classes=('terrain', 'truck', 'train'),
            predictor=mrnet_predictor,
        ),
    ],
    labeler=dict(type='ChannelWiseLabeler', teacher_of_class='synthia16', threshold=90, window=5),
    store='work_dirs/ensemble/synthia2cs_labels',
)

runner_type = 'SelfTrainingRunner'
optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='SGD', lr=1e-4, momentum=0.9, weight_decay=5e-4, nesterov=True),
    paramwise_cfg=dict(custom_keys=dict(decode_head=dict(lr_mult=10.0))),
)
train_cfg = dict(num_rounds=1, iterations=100001, learning_rate=dict(decay='poly', power=0.9))
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
default_hooks = dict(checkpoint=dict(interval=1000, max_keep_ckpts=1))  # beside the one that each round leaves
