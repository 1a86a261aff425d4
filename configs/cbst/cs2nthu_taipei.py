# CBST on ResNet-38 from Cityscapes to Taipei, 13 classes.
_base_ = './cs2nthu_rome.py'

train_dataloader = dict(dataset=dict(target=dict(dataset=dict(data_root='data/nthu/Taipei'))))
val_dataloader = dict(dataset=dict(data_root='data/nthu/Taipei'))
test_dataloader = val_dataloader
work_dir = 'work_dirs/cbst/cs2nthu_taipei'
