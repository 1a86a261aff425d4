# The student of gta2cs.py on fused labels that exist already, as flat files of training ids: the quick start of
# the authors. 255 stays ignored; no teacher is needed. Evaluated as often as the published code does.
_base_ = [
    '../_base_/datasets/cs_pool_256x512.py',
    '../_base_/models/deeplabv3plus_drn54.py',
    '../_base_/methods/ensemble_source_only.py',
]
model = dict(
    segmentor=dict(backbone=dict(init_cfg=None)),  # StageCheckpointHook gives the weights
    objectives=[  # those of ../_base_/methods/ensemble.py
        dict(
            type='Supervision',
            view='pool',
            loss=dict(type='HardPixelCrossEntropyLoss', percentile=80.0),
            class_weights=dict(type='ClassBalanceWeights', max_weight=7.0, min_pixels=64 * 64, often_balance=True),
        ),
    ],
)
train_dataloader = dict(dataset=dict(target=dict(store='data/cityscapes/gtFine/PLF_source', flat=True)))
optim_wrapper = dict(optimizer=dict(lr=1e-4))
train_cfg = dict(max_iters=100001, val_interval=1000)
default_hooks = dict(checkpoint=dict(interval=1000, max_keep_ckpts=1))
custom_hooks = [dict(type='StageCheckpointHook', config='configs/ensemble/source_only_gta2cs.py')]
work_dir = 'work_dirs/ensemble/gta2cs_published_labels'
