# MRNet, stage 1, on the small network.
_base_ = [
    '../_base_/datasets/camvid_193x257.py',
    '../_base_/methods/small_mrnet.py',
]
model = dict(segmentor=dict(decode_head=dict(num_classes=11)))
train_dataloader = _base_.source_and_target
custom_hooks = [dict(type='StageCheckpointHook', config='configs/camvid/source_only.py'), *_base_.custom_hooks]
work_dir = 'work_dirs/camvid/mrnet'
