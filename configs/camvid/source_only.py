# The labeled source alone: where all methods start.
_base_ = [
    '../_base_/datasets/camvid_193x257.py',
    '../_base_/methods/small_source_only.py',
]
model = dict(segmentor=dict(decode_head=dict(num_classes=11)))
train_dataloader = _base_.source_only
work_dir = 'work_dirs/camvid/source_only'
