# Labels by the mean certainty of the teachers.
_base_ = './ensemble.py'

train_cfg = dict(labels=dict(labeler=dict(_delete_=True, type='MeanCertaintyLabeler', threshold=50)))
work_dir = 'work_dirs/camvid/ensemble_certainty'
