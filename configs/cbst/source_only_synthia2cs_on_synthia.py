# Tests the source model on the source itself: `python tools/test.py` with this config reads all of SYNTHIA.
_base_ = [
    '../_base_/datasets/synthia2cs_504x504.py',
    '../_base_/models/resnet38.py',
    '../_base_/methods/cbst_source_only.py',
]
model = dict(
    segmentor=dict(
        backbone=dict(init_cfg=_base_.imagenet),
        decode_head=dict(num_classes=16),
    ),
    objectives=_base_.objectives,
)
train_cfg = dict(max_iters=29375)
test_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='SynthiaDataset',
        data_root='data/synthia',
        metainfo=dict(classes='synthia16'),
        pipeline=_base_.test_pipeline,
    )
)
work_dir = 'work_dirs/cbst/source_only_synthia2cs_on_synthia'
