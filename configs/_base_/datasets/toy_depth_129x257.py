# The toy data from "SYNTHIA", labeled and with depth, to "Cityscapes", in 16 classes.
_base_ = './toy_129x257.py'

load_depth = [*_base_.load_labeled, dict(type='LoadDepth')]
whole = dict(type='JitteredResize', scale=_base_.test_scale, ratio_range=None)
classes = dict(metainfo=dict(classes='synthia16'))
target = dict(_base_.target, **classes)
val_dataloader = dict(dataset=classes)
test_dataloader = val_dataloader
source_val_dataloader = dict(dataset=dict(type='SynthiaDataset', data_root='data/toy/synthia', **classes))
val_evaluator = dict(protocols=dict(mIoU16='synthia16', mIoU13='synthia13'))
test_evaluator = val_evaluator

# Crops, with the inverse depth of the source or without it.
source_files = dict(type='SynthiaDataset', data_root='data/toy/synthia', indices=320, **classes)
source_depth = dict(pipeline=[*load_depth, *_base_.crop, dict(type='PackPlanes')], **source_files)
source = dict(_base_.source, **source_files)
source_only = dict(dataset=dict(type='UDADataset', source=source, target=None), **_base_.domains)
depth = dict(dataset=dict(type='UDADataset', source=source_depth, target=target), **_base_.domains)
# The labels of the target, which no method sees.
oracle = dict(_base_.oracle, dataset=dict(_base_.oracle.dataset, source=dict(_base_.oracle.dataset.source, **classes)))

# Whole images. Label and depth of the source are sampled at the outputs of a stride-8 network, too.
sample = dict(type='SampleDepthGrid', grid=(17, 33))
source_grid = dict(pipeline=[*load_depth, sample, whole, _base_.colors, dict(type='PackDepthGrid')], **source_files)
grid = dict(dataset=dict(type='UDADataset', source=source_grid, target=target), **_base_.domains)

# Pseudo labels and no source.
pool_target = dict(
    type='PseudoLabelDataset',
    dataset=dict(_base_.target_files, **classes),
    pipeline=[
        dict(type='LoadImageStrict'),
        dict(type='LoadLabelIds', on_size_mismatch='resize'),  # labels were made at the size of training
        whole,
        _base_.colors,
        dict(type='PackSegInputs'),
    ],
)
pool_without_source = dict(dataset=dict(type='PoolDataset', source=None, target=pool_target), **_base_.one_pool)
