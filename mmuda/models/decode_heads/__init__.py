from mmuda.models.decode_heads.advent_head import AdventHead
from mmuda.models.decode_heads.cross_task_head import CrossTaskHead
from mmuda.models.decode_heads.deeplabv2_head import DeepLabV2Head
from mmuda.models.decode_heads.deeplabv3plus_head import DeepLabV3PlusHead
from mmuda.models.decode_heads.density_head import DensityHead
from mmuda.models.decode_heads.depth_fusion_head import DepthFusionHead
from mmuda.models.decode_heads.dual_classifier_head import DualClassifierHead
from mmuda.models.decode_heads.multi_output_head import MultiOutputHead
from mmuda.models.decode_heads.multi_task_head import MultiTaskHead
from mmuda.models.decode_heads.resnet38_head import ResNet38Head

__all__ = [
    'AdventHead',
    'CrossTaskHead',
    'DeepLabV2Head',
    'DeepLabV3PlusHead',
    'DensityHead',
    'DepthFusionHead',
    'DualClassifierHead',
    'MultiOutputHead',
    'MultiTaskHead',
    'ResNet38Head',
]
