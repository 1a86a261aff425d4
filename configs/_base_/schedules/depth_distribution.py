# 90k iterations with one rate for the whole network; the baselines' classifiers have ten times that of their backbone.
optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='SGD', lr=2.5e-4, momentum=0.9, weight_decay=5e-4))
param_scheduler = dict(type='WarmupPolyLR', by_epoch=False)

train_cfg = dict(type='UDATrainLoop', max_iters=90000, val_interval=1000)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
