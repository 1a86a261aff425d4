# The baseline of MRNet: the source alone, with its random colors.
_base_ = [
    '../_base_/small_runtime.py',
    '../_base_/datasets/toy_colors.py',
    '../_base_/methods/small_source_only.py',
    '../_base_/schedules/small.py',
]
train_dataloader = dict(dataset=dict(target=None))
work_dir = 'work_dirs/toy/source_only_colors'
