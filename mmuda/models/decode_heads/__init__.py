from mmuda.models.decode_heads.deeplabv2_head import DeepLabV2Head
from mmuda.models.decode_heads.deeplabv3plus_head import DeepLabV3PlusHead
from mmuda.models.decode_heads.dual_classifier_head import DualClassifierHead
from mmuda.models.decode_heads.multi_output_head import MultiOutputHead
from mmuda.models.decode_heads.resnet38_head import ResNet38Head

__all__ = [
    'DeepLabV2Head',
    'DeepLabV3PlusHead',
    'DualClassifierHead',
    'MultiOutputHead',
    'ResNet38Head',
]
