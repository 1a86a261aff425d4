# CRST with model regularization on the small network.
_base_ = './small_cbst.py'

model = dict(
    objectives=[
        *_base_.model.objectives,
        dict(
            type='ModelRegularization',
            # 0.1 squared, as in the published code, not the paper's 0.1
            loss=dict(type='ModelRegularizationLoss', weight=0.1, applied_twice=True),
        ),
    ]
)
train_cfg = dict(labels=dict(labeler=dict(sampling='crst')))
