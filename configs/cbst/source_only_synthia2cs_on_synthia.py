# Tests the source model on the source itself: `python tools/test.py` with this config reads all of SYNTHIA.
_base_ = './source_only_synthia2cs.py'

test_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='SynthiaDataset',
        data_root='data/synthia',
        metainfo=_base_.metainfo,
        pipeline=_base_.test_pipeline,
    )
)
work_dir = 'work_dirs/cbst/source_only_synthia2cs_on_synthia'
