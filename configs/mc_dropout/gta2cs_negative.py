# Positive labels by mean and standard deviation; pixels without one learn which classes they do not have.
_base_ = [
    '../_base_/datasets/cs_stage2_256x512.py',
    '../_base_/models/deeplabv2_r101_dual.py',
    '../_base_/methods/mc_dropout.py',
]
model = dict(
    segmentor=dict(
        backbone=_base_.backbone,
        decode_head=dict(dropout_ratio=0.2),
    ),
    objectives=[*_base_.objectives, _base_.negative_supervision],
)
load, crop = _base_.labeled_pipeline[:2], _base_.labeled_pipeline[2:-1]
train_dataloader = dict(
    dataset=dict(
        source=dict(
            pipeline=[*load, dict(type='LoadPlanes', names=['negative']), *crop, dict(type='PackPlanes')],
        )
    )
)
custom_hooks = [
    dict(type='StageCheckpointHook', config='configs/mrnet/gta2cs.py'),
    dict(
        type='PseudoLabelHook',
        predictor=dict(_base_.passes, temperature=2.0, scales=[(1024, 512), (1280, 640)]),
        labeler=_base_.negative_labeler,
    ),
]
work_dir = 'work_dirs/mc_dropout/gta2cs_negative'
