# The small network with BatchNorm statistics that training does not move, as in CBST and CRST: those that
# AdaptiveBatchNormHook found on the target.
_base_ = './r18_dual.py'

model = dict(segmentor=dict(backbone=dict(norm_eval=True)))
