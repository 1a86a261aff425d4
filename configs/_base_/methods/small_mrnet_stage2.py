# MRNet, stage 2, on the small network.
_base_ = './small_source_continued.py'

model = dict(
    segmentor=dict(decode_head=dict(dropout_ratio=0.2)),
    objectives=[
        dict(_base_.model.objectives[0], view='labeled', class_weights=_base_.class_weights),
        dict(type='MemoryRegularization', weight=0.1, begin=0.6),
    ],
)
