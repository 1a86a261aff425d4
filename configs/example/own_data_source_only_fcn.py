# The labeled source alone, on own data, with a head of MMSegmentation, which has one classifier. CBST, CRST and DACS
# train it, too: take its decode_head into their configs, and name it in their StageCheckpointHook. MRNet compares two
# classifiers: it needs a DualClassifierHead, or an auxiliary_head beside the decode_head.
_base_ = './own_data_source_only.py'

model = dict(
    segmentor=dict(
        decode_head=dict(
            _delete_=True,
            type='FCNHead',
            in_channels=48,
            in_index=1,
            channels=48,
            num_convs=1,
            num_classes=len(_base_.classes),
        )
    )
)
work_dir = 'work_dirs/example/own_data_source_only_fcn'
