from mmuda.datasets import transforms
from mmuda.datasets.adaptation_dataset import AdaptationDataset
from mmuda.datasets.camvid import CamVidDataset
from mmuda.datasets.cityscapes import Cityscapes9Dataset, CityscapesLabelIdsDataset
from mmuda.datasets.cross_city import CrossCity19Dataset, CrossCityDataset
from mmuda.datasets.folder_dataset import FolderDataset
from mmuda.datasets.gta import GTADataset
from mmuda.datasets.mapillary import MapillaryDataset
from mmuda.datasets.pool_dataset import PoolDataset, PoolIndex, PoolSampler
from mmuda.datasets.pseudo_label_dataset import PseudoLabelDataset
from mmuda.datasets.robotcar import RobotCarDataset
from mmuda.datasets.seven_classes import Cityscapes7Dataset, Synthia7Dataset
from mmuda.datasets.spatial_prior import prior_of
from mmuda.datasets.subset import SubsetDataset, select_images
from mmuda.datasets.synthia import SynthiaDataset
from mmuda.datasets.uda_dataset import UDADataset, UDAIndex
from mmuda.datasets.uda_sampler import UDASampler

__all__ = [
    'AdaptationDataset',
    'CamVidDataset',
    'Cityscapes7Dataset',
    'Cityscapes9Dataset',
    'CityscapesLabelIdsDataset',
    'CrossCity19Dataset',
    'CrossCityDataset',
    'FolderDataset',
    'GTADataset',
    'MapillaryDataset',
    'PoolDataset',
    'PoolIndex',
    'PoolSampler',
    'PseudoLabelDataset',
    'RobotCarDataset',
    'SubsetDataset',
    'Synthia7Dataset',
    'SynthiaDataset',
    'UDADataset',
    'UDAIndex',
    'UDASampler',
    'prior_of',
    'select_images',
    'transforms',
]
