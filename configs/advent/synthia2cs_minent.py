# MinEnt with one classifier, 16 classes.
_base_ = [
    '../_base_/default_runtime.py',
    '../_base_/datasets/synthia2cs_1280x760.py',
    '../_base_/methods/minent.py',
    '../_base_/schedules/advent_90k.py',
]
work_dir = 'work_dirs/advent/synthia2cs_minent'
