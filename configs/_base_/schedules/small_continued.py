# Source-only's end, trained on for as long as small_rounds.py and at its first rate.
_base_ = './small.py'

optim_wrapper = dict(optimizer=dict(lr=5e-4))
param_scheduler = None
train_cfg = dict(max_iters=600, val_interval=600)
