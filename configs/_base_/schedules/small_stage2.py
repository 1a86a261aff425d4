_base_ = './small.py'

optim_wrapper = dict(optimizer=dict(lr=1e-4))
