# The small network with three branches: classes, density and depth; 7 classes.
_base_ = '../small.py'

model = dict(
    segmentor=dict(
        decode_head=dict(
            _delete_=True,
            type='DensityHead',
            in_channels=256,
            in_index=1,
            hidden_channels=64,
            encoded_channels=32,
            dilations=(2, 4, 6),
            num_classes=7,
        ),
    ),
)
