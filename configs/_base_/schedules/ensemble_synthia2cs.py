# Labels by the three teachers of the paper on SYNTHIA, without DACS. R-MRNet has 19 outputs. Students share the labels.
_base_ = './ensemble_rounds.py'

train_cfg = dict(
    labels=dict(
        type='TeacherLabels',
        teachers=[
            dict(name='MRKLD', config='configs/crst/synthia2cs.py', predictor=_base_.crst_predictor),
            dict(name='CBST', config='configs/cbst/synthia2cs_dlv2.py', predictor=_base_.crst_predictor),
            dict(
                name='R-MRNet',
                config='configs/mrnet/synthia2cs_rectified.py',
                drop_classes=('terrain', 'truck', 'train'),
                predictor=_base_.mrnet_predictor,
            ),
        ],
        labeler=dict(type='ChannelWiseLabeler', teacher_of_class='synthia16', threshold=90, window=5),
        store='work_dirs/ensemble/synthia2cs_labels',
    )
)
