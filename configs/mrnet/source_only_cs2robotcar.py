# The labeled source alone, with the losses of MRNet.
_base_ = [
    '../_base_/datasets/cs2robotcar_512x1024.py',
    '../_base_/models/deeplabv2_r101_dual.py',
    '../_base_/methods/mrnet.py',
]
model = dict(segmentor=dict(decode_head=dict(num_classes=9)), objectives=_base_.source_objectives)
train_dataloader = dict(dataset=dict(target=None))
work_dir = 'work_dirs/mrnet/source_only_cs2robotcar'
