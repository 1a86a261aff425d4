# Minutes on a CPU.
optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='SGD', lr=0.02, momentum=0.9, weight_decay=5e-4, nesterov=True))
param_scheduler = dict(type='WarmupPolyLR', warmup_iters=50, max_iters=500, by_epoch=False)

train_cfg = dict(type='UDATrainLoop', max_iters=500, val_interval=500)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')

