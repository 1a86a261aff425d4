# Own data for a second stage: pseudo-labeled target crops, and the same images without labels.
_base_ = './own_data.py'

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
