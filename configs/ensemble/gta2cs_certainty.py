# Labels by the mean certainty of the teachers.
_base_ = './gta2cs.py'

train_cfg = dict(
    labels=dict(
        labeler=dict(_delete_=True, type='MeanCertaintyLabeler', threshold=90),
        store='work_dirs/ensemble/gta2cs_certainty_labels',
    )
)
work_dir = 'work_dirs/ensemble/gta2cs_certainty'
