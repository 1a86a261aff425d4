# CTRL, 16 classes: the first 55k iterations of a schedule of 90k. The authors used PyTorch 1.6.
_base_ = [
    '../_base_/default_runtime.py',
    '../_base_/datasets/synthia2cs_depth_1280x760.py',
    '../_base_/methods/ctrl.py',
    '../_base_/schedules/advent_90k.py',
]
custom_hooks = [
    dict(
        type='DiscriminatorHook',
        discriminator=dict(type='FCDiscriminator'),
        optimizer=dict(type='Adam', lr=1e-4, betas=(0.9, 0.99)),
        param_scheduler=dict(type='WarmupPolyLR', max_iters=90 / 55, by_epoch=False),
    ),
]
optim_wrapper = dict(optimizer=dict(repeat_rule='torch17'))
param_scheduler = dict(max_iters=90 / 55)
train_cfg = dict(max_iters=55000, val_interval=5000)
work_dir = 'work_dirs/ctrl/synthia2cs'
