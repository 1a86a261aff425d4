from mmuda.models.backbones.deeplab_resnet import DeepLabResNet
from mmuda.models.backbones.drn import DRN
from mmuda.models.backbones.resnet38 import ResNet38

__all__ = ['DRN', 'DeepLabResNet', 'ResNet38']
