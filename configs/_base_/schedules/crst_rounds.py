# Three rounds of two epochs, as in CRST's code; the rate is constant.
_base_ = './crst_sgd.py'

runner_type = 'SelfTrainingRunner'
train_cfg = dict(
    num_rounds=3,
    epochs=2,
    rule='crst',
    source=dict(portion=dict(start=0.03, step=0.0025, maximum=0.06), policy='random', seed=3, mine=False),
    labels=dict(
        type='ModelLabels',
        predictor=dict(type='LogitMapPredictor', scale=0.9, backend='cv2'),
        labeler=dict(type='ClassBalancedLabeler', sampling='crst'),
        portion=dict(start=0.2, step=0.05, maximum=0.5),
    ),
)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
