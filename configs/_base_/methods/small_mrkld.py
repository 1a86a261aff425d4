# CRST with model regularization on the small network.
_base_ = './small_cbst.py'

model = dict(
    objectives=[
        *_base_.model.objectives,
        dict(
            type='ModelRegularization',
            # 0.05 squared. With 0.1, as published, the regularizer is half as large as the cross entropy, and loses.
            loss=dict(type='ModelRegularizationLoss', weight=0.05, applied_twice=True),
        ),
    ]
)
train_cfg = dict(labels=dict(labeler=dict(sampling='crst')))
