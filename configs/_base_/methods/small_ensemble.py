# The student of an ensemble on the small network: one round, its labels by channel-wise fusion.
#
# Networks that were trained for minutes are less certain than those of the paper. A threshold of 50 instead of 90
# keeps what the teacher of a class holds more likely than all other classes together.
_base_ = '../small.py'

model = dict(
    objectives=[
        dict(
            type='Supervision',
            view='pool',
            loss=dict(type='PixelCrossEntropyLoss'),
            class_weights=_base_.class_weights,
        ),
    ],
)
runner_type = 'SelfTrainingRunner'
optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='AdamW', lr=2e-4, weight_decay=0.01))
train_cfg = dict(
    num_rounds=1,
    iterations=500,
    learning_rate=dict(decay='poly', warmup=0.05),
    labels=dict(
        type='TeacherLabels', labeler=dict(type='ChannelWiseLabeler', teacher_of_class=None, threshold=50, window=5)
    ),
)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
