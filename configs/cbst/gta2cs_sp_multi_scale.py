# CBST-SP, tested at several scales as in the paper: `python tools/test.py` with this config and `--tta` averages the
# probabilities of three scales and their mirror images. The training is that of gta2cs_sp.py.
_base_ = [
    '../_base_/datasets/gta2cs_pool_504x504.py',
    '../_base_/models/resnet38.py',
    '../_base_/methods/cbst.py',
]
model = dict(objectives=_base_.objectives)
custom_hooks = [dict(type='StageCheckpointHook', config='configs/cbst/source_only_gta2cs.py')]
train_cfg = dict(labels=dict(spatial_prior=dict()))
tta_pipeline = [
    dict(type='LoadImageStrict'),
    dict(
        type='TestTimeAug',
        transforms=[
            [
                dict(type='Resize', scale_factor=factor, keep_ratio=True, backend='pillow', interpolation='lanczos')
                for factor in (0.5, 0.75, 1.0)
            ],
            [dict(type='RandomFlip', prob=prob, direction='horizontal') for prob in (0.0, 1.0)],
            [dict(type='LoadLabelIds')],
            [dict(type='PackSegInputs')],
        ],
    ),
]
work_dir = 'work_dirs/cbst/gta2cs_sp_multi_scale'
