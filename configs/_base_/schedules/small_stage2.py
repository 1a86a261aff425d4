# Stage 2: a third of stage 1's length at half of its rate.
_base_ = './small.py'

optim_wrapper = dict(optimizer=dict(lr=5e-4))
param_scheduler = dict(warmup_iters=0.2)
train_cfg = dict(max_iters=250, val_interval=250)
