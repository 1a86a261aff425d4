# The first 120k iterations of a schedule of 250k.
_base_ = './advent_90k.py'

param_scheduler = dict(max_iters=25 / 12)
train_cfg = dict(max_iters=120000)
