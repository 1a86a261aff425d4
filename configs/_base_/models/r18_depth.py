# The small network for the CPU with the head of DADA; starts from scratch. See ../small.py about sizes of images.
_base_ = '../small.py'

model = dict(
    segmentor=dict(
        decode_head=dict(
            _delete_=True,
            type='DepthFusionHead',
            in_channels=256,
            in_index=1,
            hidden_channels=64,
            depth_channels=32,
            dilations=(2, 4, 6),
            num_classes=16,
        )
    )
)
