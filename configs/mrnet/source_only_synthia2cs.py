_base_ = [
    '../_base_/default_runtime.py',
    '../_base_/datasets/synthia2cs.py',
    '../_base_/methods/source_only.py',
    '../_base_/schedules/mrnet_stage1.py',
]
train_dataloader = dict(batch_size=1, dataset=dict(target=None))
optim_wrapper = dict(optimizer=dict(lr=1e-4))
work_dir = 'work_dirs/mrnet/source_only_synthia2cs'
