# Labels by the four teachers of the paper on GTA5, one of them for each class. Students share the labels.
_base_ = './ensemble_rounds.py'

train_cfg = dict(
    labels=dict(
        type='TeacherLabels',
        teachers=[
            dict(name='R-MRNet', config='configs/mrnet/gta2cs_rectified.py', predictor=_base_.mrnet_predictor),
            dict(name='DACS', config='configs/dacs/gta2cs.py', predictor=_base_.dacs_predictor),
            dict(name='MRKLD', config='configs/crst/gta2cs.py', predictor=_base_.crst_predictor),
            dict(name='CBST', config='configs/cbst/gta2cs_dlv2.py', predictor=_base_.crst_predictor),
        ],
        labeler=dict(type='ChannelWiseLabeler', teacher_of_class='gta5', threshold=90, window=5),
        store='work_dirs/ensemble/gta2cs_labels',
    )
)
