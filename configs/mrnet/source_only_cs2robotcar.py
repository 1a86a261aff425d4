_base_ = [
    '../_base_/default_runtime.py',
    '../_base_/datasets/cs2robotcar.py',
    '../_base_/methods/source_only.py',
    '../_base_/schedules/mrnet_stage1.py',
]
model = dict(segmentor=dict(decode_head=dict(num_classes=9)))
train_dataloader = dict(dataset=dict(target=None))
work_dir = 'work_dirs/mrnet/source_only_cs2robotcar'
