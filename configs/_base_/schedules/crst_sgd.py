# SGD of CRST's code, which holds every tensor of a residual block three times, of a down-sampling branch four times;
# plain SGD is the corrected variant.
optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='RepeatedSGD', lr=5e-5, momentum=0.9, weight_decay=5e-4, nesterov=False, repeat_rule='torch14'),
    paramwise_cfg=dict(
        custom_keys={
            '.layer': dict(repeat=3),
            'downsample': dict(repeat=4),
            'decode_head': dict(lr_mult=10.0),
        }
    ),
)
