_base_ = './mrnet_stage1.py'

optim_wrapper = dict(optimizer=dict(lr=1e-4))
