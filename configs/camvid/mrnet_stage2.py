# MRNet, stage 2, on the small network.
_base_ = [
    '../_base_/datasets/camvid_193x257.py',
    '../_base_/methods/small_mrnet_stage2.py',
]
model = dict(segmentor=dict(decode_head=dict(num_classes=11)))
train_dataloader = _base_.stage2
custom_hooks = [
    dict(type='StageCheckpointHook', config='configs/camvid/mrnet.py'),
    dict(
        type='PseudoLabelHook',
        predictor=dict(type='MultiViewPredictor', scales=_base_.label_scales),
        labeler=dict(type='ConfidenceLabeler'),
    ),
]
work_dir = 'work_dirs/camvid/mrnet_stage2'
