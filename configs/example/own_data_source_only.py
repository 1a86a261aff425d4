# The labeled source alone, on own data: the baseline, and where all methods start.
_base_ = [
    '../_base_/datasets/own_data.py',
    '../_base_/methods/small_source_only.py',
]
train_dataloader = dict(dataset=dict(target=None))
val_dataloader = val_cfg = val_evaluator = None  # no labels of the target
model = dict(segmentor=dict(decode_head=dict(num_classes=len(_base_.classes))))
work_dir = 'work_dirs/example/own_data_source_only'
