# MinEnt with two classifiers: the first 120k iterations of a schedule of 250k.
_base_ = [
    '../_base_/datasets/gta2cs_720x1280.py',
    '../_base_/models/advent_r101.py',
    '../_base_/methods/advent.py',
]
model = dict(
    segmentor=dict(decode_head=dict(aux_channels=1024, aux_index=2, num_classes=19)),
    objectives=_base_.minent_multi_level_objectives,
)
param_scheduler = dict(max_iters=25 / 12)
train_cfg = dict(max_iters=120000)
work_dir = 'work_dirs/advent/gta2cs_minent'
