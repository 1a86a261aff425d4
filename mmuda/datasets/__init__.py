from mmuda.datasets import transforms
from mmuda.datasets.camvid import CamVidDataset
from mmuda.datasets.cityscapes import Cityscapes9Dataset, CityscapesLabelIdsDataset
from mmuda.datasets.gta import GTADataset
from mmuda.datasets.pseudo_label_dataset import PseudoLabelDataset
from mmuda.datasets.published_dataset import PublishedDataset
from mmuda.datasets.robotcar import RobotCarDataset
from mmuda.datasets.synthia import SynthiaDataset
from mmuda.datasets.uda_dataset import UDADataset, UDAIndex
from mmuda.datasets.uda_sampler import UDASampler

__all__ = [
    'CamVidDataset', 'Cityscapes9Dataset', 'CityscapesLabelIdsDataset', 'GTADataset', 'PseudoLabelDataset',
    'PublishedDataset', 'RobotCarDataset', 'SynthiaDataset', 'UDADataset', 'UDAIndex', 'UDASampler',
    'transforms'
]
