# The labeled source alone, with the network, crops and schedule of DACS.
_base_ = './gta2cs.py'

model = dict(
    objectives=[
        dict(type='SourceSupervision', loss=dict(type='HardPixelCrossEntropyLoss', percentile=None)),
    ]
)
train_dataloader = dict(dataset=dict(target=None))
work_dir = 'work_dirs/dacs/source_only_gta2cs'
