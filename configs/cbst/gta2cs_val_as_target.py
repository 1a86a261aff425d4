# Transductive: the validation images are the target, too. Only for comparison with numbers made so.
_base_ = './gta2cs.py'

train_dataloader = dict(dataset=dict(target=dict(dataset=dict(data_prefix=dict(img_path='leftImg8bit/val')))))
work_dir = 'work_dirs/cbst/gta2cs_val_as_target'
