# DeepLab-v2's ResNet-101 with three branches on its last stage: classes, density and depth.
_base_ = './advent_r101.py'

model = dict(segmentor=dict(decode_head=dict(type='DensityHead')))
