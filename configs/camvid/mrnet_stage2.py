_base_ = [
    '../_base_/small_runtime.py',
    '../_base_/datasets/camvid_pseudo.py',
    '../_base_/methods/small_mrnet_stage2.py',
    '../_base_/schedules/small_stage2.py',
]
model = dict(segmentor=dict(decode_head=dict(num_classes=11)))
custom_hooks = [
    dict(type='StageCheckpointHook', work_dir='work_dirs/camvid/mrnet', config='configs/camvid/mrnet.py'),
    dict(
        type='PseudoLabelHook',
        predictor=dict(type='MultiViewPredictor', scales=[(257, 193), (321, 241)]),
        labeler=dict(type='ConfidenceLabeler'),
    ),
]
work_dir = 'work_dirs/camvid/mrnet_stage2'
