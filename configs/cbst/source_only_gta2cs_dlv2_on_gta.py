# Tests the source model on the source itself: `python tools/test.py` with this config reads all of GTA5.
_base_ = [
    '../_base_/datasets/gta2cs_500x500.py',
    '../_base_/models/deeplabv2_r101.py',
    '../_base_/methods/crst_source_only.py',
]
model = dict(objectives=_base_.objectives)
load_labels = dict(type='LoadLabelIds', on_size_mismatch='resize')  # a few published labels differ from their image
tta_pipeline = [
    dict(type='LoadImageStrict'),
    dict(
        type='TestTimeAug',
        transforms=[
            [dict(type='RandomFlip', prob=prob, direction='horizontal') for prob in (0.0, 1.0)],
            [load_labels],
            [dict(type='PackSegInputs')],
        ],
    ),
]
test_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='GTADataset',
        data_root='data/gta',
        pipeline=[
            dict(type='LoadImageFromFile', imdecode_backend='pillow'),
            load_labels,
            dict(type='PackSegInputs'),
        ],
    )
)
work_dir = 'work_dirs/cbst/source_only_gta2cs_dlv2_on_gta'
