# MinEnt with one classifier, 16 classes.
_base_ = [
    '../_base_/datasets/synthia2cs_760x1280.py',
    '../_base_/models/advent_r101.py',
    '../_base_/methods/advent.py',
]
model = dict(objectives=_base_.minent_objectives)
work_dir = 'work_dirs/advent/synthia2cs_minent'
