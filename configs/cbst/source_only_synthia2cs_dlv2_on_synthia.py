# Tests the source model on the source itself: `python tools/test.py` with this config reads all of SYNTHIA, stretched
# to the size of Cityscapes' images as in training; labels keep their size.
_base_ = [
    '../_base_/datasets/synthia2cs_500x500.py',
    '../_base_/models/deeplabv2_r101.py',
    '../_base_/methods/crst_source_only.py',
]
model = dict(segmentor=dict(decode_head=dict(num_classes=16)), objectives=_base_.objectives)
test_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='SynthiaDataset',
        data_root='data/synthia',
        metainfo=dict(classes='synthia16'),
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
