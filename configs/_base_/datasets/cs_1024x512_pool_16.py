# Cityscapes as in cs_1024x512_pool.py for networks with the 16 outputs of SYNTHIA.
_base_ = ['./cs_1024x512_pool.py', './synthia16.py']

metainfo = _base_.metainfo
train_dataloader = dict(dataset=dict(target=dict(dataset=dict(metainfo=metainfo))))
val_dataloader = dict(dataset=dict(metainfo=metainfo))
test_dataloader = val_dataloader
val_evaluator = dict(type='UDAIoUMetric', protocols=dict(mIoU16='synthia16', mIoU13='synthia13'))
test_evaluator = val_evaluator
