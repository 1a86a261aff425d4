# MRNet, stage 1, on own data, validated on a few labeled images of the target:
#
#     data/mydata/real_val/images/**/<stem>.jpg
#     data/mydata/real_val/labels/**/<stem>.png
_base_ = [
    '../_base_/datasets/own_data.py',
    '../_base_/methods/small_mrnet.py',
]
model = dict(segmentor=dict(decode_head=dict(num_classes=len(_base_.classes))))
val_dataloader = dict(
    batch_size=1,
    num_workers=1,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        data_root='data/mydata/real_val',
        data_prefix=dict(img_path='images', seg_map_path='labels'),
        pipeline=_base_.test_pipeline,
        **_base_.files,
    ),
)
val_evaluator = dict(type='UDAIoUMetric')
test_dataloader = val_dataloader
custom_hooks = [
    dict(type='StageCheckpointHook', config='configs/example/own_data_source_only.py'),
    *_base_.custom_hooks,
]
work_dir = 'work_dirs/example/own_data_mrnet_validated'
