# CRST with model regularization on the small network.
_base_ = './small_cbst.py'

model = dict(
    objectives=[
        *_base_.model.objectives,
        dict(
            type='ModelRegularization',
            # 0.1 squared, as in the published code; the paper's 0.1 is too much here, see docs/benchmarks/earlier_settings.md
            loss=dict(type='ModelRegularizationLoss', weight=0.1, applied_twice=True),
        ),
    ]
)
train_cfg = dict(labels=dict(labeler=dict(sampling='crst')))
