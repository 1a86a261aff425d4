# The control: source-only, trained on for as long as the methods.
_base_ = [
    '../_base_/datasets/camvid_193x257.py',
    '../_base_/methods/small_source_continued.py',
]
model = dict(segmentor=dict(decode_head=dict(num_classes=11)))
train_dataloader = _base_.source_only
custom_hooks = [dict(type='StageCheckpointHook', config='configs/camvid/source_only.py')]
work_dir = 'work_dirs/camvid/source_continued'
