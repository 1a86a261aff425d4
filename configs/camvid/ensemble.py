# Ensemble distillation: the small network learns from the fused labels of four teachers.
_base_ = [
    '../_base_/datasets/camvid_193x257.py',
    '../_base_/methods/small_ensemble.py',
]
model = dict(segmentor=dict(decode_head=dict(num_classes=11)))
train_dataloader = _base_.pool_without_source
custom_hooks = [dict(type='StageCheckpointHook', config='configs/camvid/source_only.py')]
train_cfg = dict(
    labels=dict(
        teachers=[
            dict(config='configs/camvid/mrnet_rectified.py'),
            dict(config='configs/camvid/dacs.py'),
            dict(config='configs/camvid/crst_mrkld.py'),
            dict(config='configs/camvid/cbst.py'),
        ],
        predictor=dict(type='MultiViewPredictor', scales=_base_.label_scales),
    )
)
work_dir = 'work_dirs/camvid/ensemble'
