# As advent_r101.py, with a second classifier on the third stage, as ADVENT has it for GTA5.
_base_ = './advent_r101.py'

model = dict(segmentor=dict(decode_head=dict(aux_channels=1024, aux_index=2, num_classes=19)))
