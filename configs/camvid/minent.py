_base_ = [
    '../_base_/small_runtime.py',
    '../_base_/datasets/camvid.py',
    '../_base_/methods/small_minent.py',
    '../_base_/schedules/small.py',
]
model = dict(segmentor=dict(decode_head=dict(num_classes=11)))
work_dir = 'work_dirs/camvid/minent'
