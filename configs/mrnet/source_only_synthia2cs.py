# The labeled source alone, with the losses of MRNet.
_base_ = [
    '../_base_/datasets/synthia2cs_512x1024.py',
    '../_base_/models/deeplabv2_r101_dual.py',
    '../_base_/methods/mrnet.py',
]
model = dict(objectives=_base_.source_objectives)
train_dataloader = dict(batch_size=1, dataset=dict(target=None))
optim_wrapper = dict(optimizer=dict(lr=1e-4))
work_dir = 'work_dirs/mrnet/source_only_synthia2cs'
