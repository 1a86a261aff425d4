# CTRL, self-training: cross entropy on pseudo labels of the target alone, those above a confidence of 0.9. The first
# 20k iterations of stage 1's schedule of 90k; labels are made anew after 10k. Optimizer as in stage 1, and fresh.
_base_ = '../default_runtime.py'

# The refined classes are not trained; with a weight of 0 no parameter is without gradient, on several devices.
objectives = [dict(type='Supervision', view='labeled', weights=dict(main=1.0, refined=0.0))]
backbone = dict(init_cfg=None)  # StageCheckpointHook gives the weights
labels = dict(type='PseudoLabelHook', labeler=dict(type='ConfidenceLabeler', threshold=0.9), interval=10000)

optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(
        type='RepeatedSGD', lr=2.5e-4, momentum=0.9, weight_decay=5e-4, nesterov=False, repeat_rule='torch17'
    ),
    paramwise_cfg=dict(
        custom_keys={
            '.layer': dict(repeat=3),
            'downsample': dict(repeat=4),
            'decode_head': dict(lr_mult=10.0),
        }
    ),
)
param_scheduler = dict(type='WarmupPolyLR', max_iters=90 / 20, by_epoch=False)
train_cfg = dict(type='UDATrainLoop', max_iters=20000, val_interval=5000)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
