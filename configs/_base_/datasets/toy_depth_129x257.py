# The toy data from "SYNTHIA", labeled and with depth, to "Cityscapes", in 16 or 7 classes.
_base_ = './toy_129x257.py'

load_depth = [*_base_.load_labeled, dict(type='LoadDepth')]
whole = dict(type='JitteredResize', scale=(257, 129), ratio_range=None)
classes_16 = dict(metainfo=dict(classes='synthia16'))

# 16 classes, crops with the inverse depth of the source.
source_depth = dict(
    type='SynthiaDataset',
    data_root='data/toy/synthia',
    indices=64,
    pipeline=[*load_depth, *_base_.source_crop, dict(type='PackPlanes')],
    **classes_16,
)
depth_16 = dict(
    dataset=dict(type='UDADataset', source=source_depth, target=dict(_base_.target, **classes_16)), **_base_.domains
)
val_16 = dict(_base_.val_dataloader, dataset=dict(_base_.val_dataloader.dataset, **classes_16))
evaluator_16 = dict(type='UDAIoUMetric', protocols=dict(mIoU16='synthia16', mIoU13='synthia13'))

# 7 classes, whole images. Label and depth of the source are sampled at the outputs of a stride-16 network, too.
source_grid = dict(
    type='Synthia7Dataset',
    data_root='data/toy/synthia',
    indices=64,
    pipeline=[*load_depth, dict(type='SampleDepthGrid', grid=(9, 17)), whole, dict(type='PackDepthGrid')],
)
grid_7 = dict(
    dataset=dict(type='UDADataset', source=source_grid, target=dict(_base_.target, type='Cityscapes7Dataset')),
    **_base_.domains,
)
val_7 = dict(_base_.val_dataloader, dataset=dict(_base_.val_dataloader.dataset, type='Cityscapes7Dataset'))

# 7 classes, pseudo labels and no source.
pool_target_7 = dict(
    type='PseudoLabelDataset',
    dataset=dict(_base_.target_files, type='Cityscapes7Dataset'),
    pipeline=[
        dict(type='LoadImageStrict'),
        dict(type='LoadLabelIds', on_size_mismatch='resize'),  # labels were made at the size of training
        whole,
        dict(type='PackSegInputs'),
    ],
)
pool_7 = dict(dataset=dict(type='PoolDataset', source=None, target=pool_target_7), **_base_.one_pool)
