from mmuda.datasets.transforms.centered_mining_crop import CenteredMiningCrop
from mmuda.datasets.transforms.color_auto_augment import ColorAutoAugment
from mmuda.datasets.transforms.fit_and_pad import FitAndPad
from mmuda.datasets.transforms.hard_sample_crop import HardSampleCrop
from mmuda.datasets.transforms.horizontal_flip import HorizontalFlip
from mmuda.datasets.transforms.jittered_resize import JitteredResize
from mmuda.datasets.transforms.load_depth import LoadDepth
from mmuda.datasets.transforms.load_image_strict import LoadImageStrict
from mmuda.datasets.transforms.load_label_ids import LoadLabelIds
from mmuda.datasets.transforms.load_planes import LoadPlanes
from mmuda.datasets.transforms.pack_depth_grid import PackDepthGrid
from mmuda.datasets.transforms.pack_planes import PackPlanes
from mmuda.datasets.transforms.pack_soft_labels import PackSoftLabels
from mmuda.datasets.transforms.rare_class_crop import RareClassCrop
from mmuda.datasets.transforms.sample_depth_grid import SampleDepthGrid

__all__ = [
    'CenteredMiningCrop',
    'ColorAutoAugment',
    'FitAndPad',
    'HardSampleCrop',
    'HorizontalFlip',
    'JitteredResize',
    'LoadDepth',
    'LoadImageStrict',
    'LoadLabelIds',
    'LoadPlanes',
    'PackDepthGrid',
    'PackPlanes',
    'PackSoftLabels',
    'RareClassCrop',
    'SampleDepthGrid',
]
