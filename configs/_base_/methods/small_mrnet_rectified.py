# MRNet+Rectifying on the small network.
_base_ = './small_source_continued.py'

model = dict(
    segmentor=dict(decode_head=dict(dropout_ratio=0.2)),
    objectives=[dict(type='RectifiedSupervision', loss=dict(type='RectifiedLoss', aux_weight=0.5))],
)
