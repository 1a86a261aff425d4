# Source training of CBST: 30 epochs of GTA5 in batches of 16, four on each of four GPUs; the rate is constant.
_base_ = '../default_runtime.py'

objectives = [dict(type='Supervision', view='source', resolution='logits')]
imagenet = dict(type='Pretrained', checkpoint='pretrained/resnet38_imagenet.pth', prefix='backbone.')

optim_wrapper = dict(
    type='OptimWrapper',
    constructor='BiasOptimWrapperConstructor',
    optimizer=dict(type='SGD', lr=1.6e-3, momentum=0.9, weight_decay=5e-4),
)
train_cfg = dict(type='UDATrainLoop', max_iters=46811, val_interval=5000)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
