# The labeled source alone, with the network, crops and schedule of DACS.
_base_ = './gta2cs.py'

model = dict(
    objectives=[
        dict(type='Supervision', view='source', loss=dict(type='PixelCrossEntropyLoss')),
    ]
)
train_dataloader = dict(dataset=dict(target=None))
work_dir = 'work_dirs/dacs/source_only_gta2cs'
