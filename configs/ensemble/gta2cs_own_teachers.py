# The teacher of each class is found by the certainty of these teachers on the target images, without labels.
_base_ = './gta2cs.py'

train_cfg = dict(
    labels=dict(labeler=dict(teacher_of_class=None), store='work_dirs/ensemble/gta2cs_own_teachers_labels')
)
work_dir = 'work_dirs/ensemble/gta2cs_own_teachers'
