# Self-training on ResNet-38: cross entropy at the cells of the network on the pool of source and target crops.
_base_ = '../models/resnet38.py'

model = dict(objectives=[dict(type='Supervision', view='pool', resolution='logits')])
