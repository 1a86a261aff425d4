# Tests the source model on the source itself: `python tools/test.py` with this config reads all of SYNTHIA, stretched
# to the size of Cityscapes' images as in training; labels keep their size.
_base_ = './source_only_synthia2cs_dlv2.py'

test_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='SynthiaDataset',
        data_root='data/synthia',
        metainfo=_base_.metainfo,
        lane_marking_is_road=True,
        pipeline=[
            dict(type='LoadImageFromFile', imdecode_backend='pillow'),
            dict(type='Resize', scale=(2048, 1024), interpolation='bicubic', backend='pillow'),
            dict(type='LoadLabelIds', required=False),
            dict(type='PackSegInputs'),
        ],
    )
)
work_dir = 'work_dirs/cbst/source_only_synthia2cs_dlv2_on_synthia'
