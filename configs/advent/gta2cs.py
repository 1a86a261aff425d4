# AdvEnt with two classifiers.
_base_ = [
    '../_base_/default_runtime.py',
    '../_base_/datasets/gta2cs_1280x720.py',
    '../_base_/methods/advent_multi_level.py',
    '../_base_/schedules/advent_120k.py',
]
work_dir = 'work_dirs/advent/gta2cs'
