# The small network of _base_/small.py, which learns from scratch.
_base_ = './data.py'

network = dict(segmentor=dict(decode_head=dict(num_classes=len(_base_.classes))))
