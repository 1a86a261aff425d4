# Transductive: the validation images are the target, too. Only for comparison with numbers made so.
_base_ = './cbst_gta2cs_r38.py'

train_dataloader = dict(dataset=dict(target=dict(dataset=dict(data_prefix=dict(img_path='leftImg8bit/val')))))
work_dir = 'work_dirs/cbst/cbst_gta2cs_r38_val_as_target'
