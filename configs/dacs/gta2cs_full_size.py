# DACS, evaluated at the size of the labels; for testing, and for inference on images of any size:
#   python tools/test.py configs/dacs/gta2cs_full_size.py work_dirs/dacs/gta2cs/iter_250000.pth
_base_ = [
    '../_base_/datasets/gta2cs_512x512.py',
    '../_base_/models/deeplabv2_r101_two_branches.py',
    '../_base_/methods/dacs.py',
]
model = dict(objectives=_base_.objectives)
test_pipeline = [
    dict(type='LoadImageFromFile', imdecode_backend='pillow'),
    dict(type='Resize', scale=(1024, 512), interpolation='bilinear', backend='pillow'),
    dict(type='LoadLabelIds', required=False),
    dict(type='PackSegInputs'),
]
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=test_pipeline))
work_dir = 'work_dirs/dacs/gta2cs_full_size'
