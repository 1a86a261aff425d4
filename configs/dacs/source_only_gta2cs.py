# The labeled source alone, with the network, crops and schedule of DACS.
_base_ = [
    '../_base_/datasets/gta2cs_512x512.py',
    '../_base_/models/deeplabv2_r101_two_branches.py',
    '../_base_/methods/dacs.py',
]
model = dict(objectives=_base_.source_objectives)
train_dataloader = dict(dataset=dict(target=None))
work_dir = 'work_dirs/dacs/source_only_gta2cs'
