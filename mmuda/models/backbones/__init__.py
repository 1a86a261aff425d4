from mmuda.models.backbones.deeplab_resnet import DeepLabResNet
from mmuda.models.backbones.drn import DRN
from mmuda.models.backbones.mobilenet_v2 import InputPaddedMobileNetV2
from mmuda.models.backbones.resnet38 import ResNet38

__all__ = ['DRN', 'DeepLabResNet', 'InputPaddedMobileNetV2', 'ResNet38']
