# The labelled source alone on the network of the student synthia2cs_drn54.py, 16 classes.
_base_ = [
    '../_base_/default_runtime.py', '../_base_/datasets/synthia2cs.py', '../_base_/datasets/synthia16.py',
    '../_base_/models/deeplabv3plus_drn54.py', '../_base_/schedules/ensemble_source.py'
]
metainfo = _base_.metainfo
model = dict(
    segmentor=dict(decode_head=dict(num_classes=16)),
    objectives=[
        dict(type='SourceSupervision', loss=dict(type='HardPixelCrossEntropyLoss', percentile=None)),
    ])
train_dataloader = dict(dataset=dict(source=dict(metainfo=metainfo), target=dict(metainfo=metainfo)))
val_dataloader = dict(dataset=dict(metainfo=metainfo))
test_dataloader = val_dataloader
work_dir = 'work_dirs/ensemble/source_only_synthia2cs_drn54'
