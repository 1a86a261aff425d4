# ST: one threshold for all classes, no mining of rare ones.
_base_ = './gta2cs.py'

train_cfg = dict(labels=dict(labeler=dict(policy='global', rare_number=0, rare_share=0.0)))
work_dir = 'work_dirs/cbst/gta2cs_st'
