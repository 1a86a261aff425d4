# The labeled source alone, with the losses of MRNet.
_base_ = [
    '../_base_/datasets/gta2cs_512x1024.py',
    '../_base_/models/deeplabv2_r101_dual.py',
    '../_base_/methods/mrnet.py',
]
model = dict(objectives=_base_.source_objectives)
train_dataloader = dict(dataset=dict(target=None))
work_dir = 'work_dirs/mrnet/source_only_gta2cs'
