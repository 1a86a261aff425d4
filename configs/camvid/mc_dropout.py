# A label stays where the mean over five passes is at least 0.5.
_base_ = [
    '../_base_/datasets/camvid_193x257.py',
    '../_base_/methods/small_mrnet_rectified.py',
]
model = dict(segmentor=dict(decode_head=dict(num_classes=11)))
train_dataloader = _base_.stage2
custom_hooks = [
    dict(type='StageCheckpointHook', config='configs/camvid/mrnet.py'),
    dict(
        type='PseudoLabelHook',
        predictor=dict(_base_.passes, scales=_base_.label_scales),
        labeler=_base_.mean_labeler,
    ),
]
work_dir = 'work_dirs/camvid/mc_dropout'
