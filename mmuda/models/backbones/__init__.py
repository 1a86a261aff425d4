from mmuda.models.backbones.deeplab_resnet import DeepLabResNet

__all__ = ['DeepLabResNet']
