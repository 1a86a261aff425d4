# On the 505 most confident target images, as published; the list is made first, see ../cbst/README.md.
_base_ = './gta2cs.py'

train_dataloader = dict(dataset=dict(target=dict(dataset=dict(ann_file='confident_505.txt'))))
work_dir = 'work_dirs/crst/gta2cs_505'
