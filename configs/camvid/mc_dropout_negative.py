# Positive labels by mean and standard deviation; pixels without one learn which classes they do not have.
_base_ = [
    '../_base_/datasets/camvid_193x257.py',
    '../_base_/methods/small_mrnet_rectified.py',
]
model = dict(segmentor=dict(decode_head=dict(num_classes=11)), objectives=_base_.negative_objectives)
train_dataloader = _base_.stage2_negative
custom_hooks = [
    dict(type='StageCheckpointHook', config='configs/camvid/mrnet.py'),
    dict(
        type='PseudoLabelHook',
        predictor=dict(_base_.passes, temperature=2.0, scales=_base_.label_scales),
        labeler=_base_.negative_labeler,
    ),
]
work_dir = 'work_dirs/camvid/mc_dropout_negative'
