# CRST with label regularization on the small network.
_base_ = './small_cbst.py'

model = dict(objectives=[dict(type='SoftLabelSupervision')])
train_cfg = dict(
    labels=dict(keep_cached_logits=True, labeler=dict(_delete_=True, type='EntropyRegularizedLabeler', alpha=0.25))
)
