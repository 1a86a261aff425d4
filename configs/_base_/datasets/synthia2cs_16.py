# SYNTHIA (labeled) to Cityscapes (unlabeled) for networks with 16 outputs.
_base_ = ['./synthia2cs.py', './synthia16.py']

metainfo = _base_.metainfo
train_dataloader = dict(dataset=dict(source=dict(metainfo=metainfo), target=dict(metainfo=metainfo)))
val_dataloader = dict(dataset=dict(metainfo=metainfo))
test_dataloader = val_dataloader
