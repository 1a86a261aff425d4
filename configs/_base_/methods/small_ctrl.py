# CTRL on the small network.
_base_ = './small_dada.py'

model = dict(
    segmentor=dict(decode_head=dict(type='CrossTaskHead')),
    objectives=[
        *_base_.model.objectives[:2],
        dict(
            type='AdversarialAlignment',
            weights=dict(joint=1e-3),
            maps=dict(type='CrossTaskRelation'),
            loss=dict(type='VanillaGANLoss'),
            begin=2 / 3,
        ),
    ],
)
