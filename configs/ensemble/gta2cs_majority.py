# Labels by majority vote of the teachers.
_base_ = './gta2cs.py'

train_cfg = dict(
    labels=dict(labeler=dict(_delete_=True, type='MajorityLabeler'), store='work_dirs/ensemble/gta2cs_majority_labels')
)
work_dir = 'work_dirs/ensemble/gta2cs_majority'
