# Depth Distribution, stage 2, on the small network: cross entropy on pseudo labels of the target alone. A component has
# at least 5 pixels, and up to 45 more where its class is common in the source.
_base_ = '../small.py'

model = dict(
    segmentor=dict(
        decode_head=dict(
            _delete_=True,
            type='DensityHead',
            in_channels=64,
            in_index=1,
            hidden_channels=64,
            encoded_channels=32,
            dilations=(2, 4, 6),
            num_classes=16,
        )
    ),
    objectives=[dict(type='Supervision', view='pool')],
)
runner_type = 'SelfTrainingRunner'
find_unused_parameters = True  # on several devices: density and depth are not trained
optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='AdamW', lr=2e-4, weight_decay=0.01))
train_cfg = dict(
    num_rounds=1,
    iterations=500,
    learning_rate=dict(decay='poly', warmup=0.05),
    labels=dict(
        type='ModelLabels',
        predictor=dict(type='FixedSizePredictor', scale=(257, 129)),
        labeler=dict(
            type='ComponentLabeler',
            threshold=0.9,
            frequencies=(
                *(0.321, 0.038, 0.24, 0.015, 0.009, 0.026, 0.007, 0.007),
                *(0.126, 0.081, 0.008, 0.004, 0.079, 0.03, 0.003, 0.007),
            ),
            base=5,
            span=45,
        ),
    ),
)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
