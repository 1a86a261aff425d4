# MRNet+Rectifying on own data, from stage 1: pseudo-labeled target crops, and the same images without labels.
_base_ = [
    '../_base_/datasets/own_data.py',
    '../_base_/methods/small_mrnet_rectified.py',
]
val_dataloader = val_cfg = val_evaluator = None  # no labels of the target
model = dict(segmentor=dict(decode_head=dict(num_classes=len(_base_.classes))))
train_dataloader = dict(
    dataset=dict(
        labeled_view='labeled',
        source=dict(
            _delete_=True,
            type='PseudoLabelDataset',
            dataset=dict(_base_.target_files),
            pipeline=_base_.source_pipeline,
        ),
    )
)
custom_hooks = [
    dict(type='StageCheckpointHook', config='configs/example/own_data_mrnet.py'),
    dict(
        type='PseudoLabelHook',
        predictor=dict(type='MultiViewPredictor', scales=[(129, 97), (161, 129)]),
        labeler=dict(type='ConfidenceLabeler'),
    ),
]
work_dir = 'work_dirs/example/own_data_mrnet_rectified'
