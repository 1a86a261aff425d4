_base_ = './default_runtime.py'

default_hooks = dict(checkpoint=dict(interval=1000, max_keep_ckpts=1))  # beside the one that each round leaves
