# The baseline of MRNet: the source alone, with its random colors.
_base_ = [
    '../_base_/small_runtime.py',
    '../_base_/datasets/camvid_colors.py',
    '../_base_/methods/small_source_only.py',
    '../_base_/schedules/small.py',
]
model = dict(segmentor=dict(decode_head=dict(num_classes=11)))
train_dataloader = dict(dataset=dict(target=None))
work_dir = 'work_dirs/camvid/source_only_colors'
