# The baseline of MRNet: the source alone, with its random colors.
_base_ = [
    '../_base_/datasets/camvid_193x257.py',
    '../_base_/methods/small_source_only.py',
]
model = dict(segmentor=dict(decode_head=dict(num_classes=11)))
train_dataloader = _base_.source_only_colors
work_dir = 'work_dirs/camvid/source_only_colors'
