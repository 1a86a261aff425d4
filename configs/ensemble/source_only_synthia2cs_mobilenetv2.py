# The labeled source alone on the network of the student synthia2cs_mobilenetv2.py, 16 classes.
_base_ = [
    '../_base_/datasets/synthia2cs_512x1024_16.py',
    '../_base_/models/deeplabv3plus_mobilenetv2.py',
    '../_base_/methods/ensemble_source_only.py',
]
model = dict(segmentor=dict(decode_head=dict(num_classes=16)), objectives=_base_.objectives)
work_dir = 'work_dirs/ensemble/source_only_synthia2cs_mobilenetv2'
