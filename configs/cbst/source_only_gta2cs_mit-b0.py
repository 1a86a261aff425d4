# The labeled source alone on SegFormer-B0; crops as for DeepLab-v2, the optimizer's settings are ours.
_base_ = [
    '../_base_/datasets/gta2cs_500x500.py',
    '../_base_/models/segformer_b0.py',
    '../_base_/methods/crst_source_only.py',
]
model = dict(objectives=_base_.objectives)
optim_wrapper = dict(
    optimizer=dict(_delete_=True, type='AdamW', lr=6e-5, betas=(0.9, 0.999), weight_decay=0.01),
    paramwise_cfg=dict(_delete_=True, custom_keys=dict(norm=dict(decay_mult=0.0), decode_head=dict(lr_mult=10.0))),
)
param_scheduler = [  # 1500 iterations of 40000 are the warm-up
    dict(type='LinearLR', start_factor=1e-6, end=0.0375, by_epoch=False),
    dict(type='PolyLR', power=1.0, eta_min=0.0, begin=0.0375, by_epoch=False),
]
train_cfg = dict(max_iters=40000)
work_dir = 'work_dirs/cbst/source_only_gta2cs_mit-b0'
