# Labels by majority vote of the teachers.
_base_ = './ensemble.py'

train_cfg = dict(labels=dict(labeler=dict(_delete_=True, type='MajorityLabeler')))
work_dir = 'work_dirs/toy/ensemble_majority'
