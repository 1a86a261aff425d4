from mmuda.datasets import transforms
from mmuda.datasets.camvid import CamVidDataset
from mmuda.datasets.cityscapes import Cityscapes9Dataset, CityscapesLabelIdsDataset
from mmuda.datasets.cross_city import CrossCity19Dataset, CrossCityDataset
from mmuda.datasets.folder_dataset import FolderDataset
from mmuda.datasets.gta import GTADataset
from mmuda.datasets.label_statistics.spatial_prior import prior_of
from mmuda.datasets.mapillary import MapillaryDataset
from mmuda.datasets.robotcar import RobotCarDataset
from mmuda.datasets.samplers.pool_sampler import PoolSampler
from mmuda.datasets.samplers.resumable_sampler import ResumableSampler
from mmuda.datasets.samplers.uda_sampler import UDASampler
from mmuda.datasets.seven_classes import Cityscapes7Dataset, Synthia7Dataset
from mmuda.datasets.synthia import SynthiaDataset
from mmuda.datasets.wrappers.adaptation_dataset import AdaptationDataset
from mmuda.datasets.wrappers.dataset_wrapper import DatasetWrapper
from mmuda.datasets.wrappers.pool_dataset import PoolDataset, PoolIndex
from mmuda.datasets.wrappers.pseudo_label_dataset import PseudoLabelDataset
from mmuda.datasets.wrappers.subset import SubsetDataset, select_images
from mmuda.datasets.wrappers.uda_dataset import UDADataset, UDAIndex

__all__ = [
    'AdaptationDataset',
    'CamVidDataset',
    'Cityscapes7Dataset',
    'Cityscapes9Dataset',
    'CityscapesLabelIdsDataset',
    'CrossCity19Dataset',
    'CrossCityDataset',
    'DatasetWrapper',
    'FolderDataset',
    'GTADataset',
    'MapillaryDataset',
    'PoolDataset',
    'PoolIndex',
    'PoolSampler',
    'PseudoLabelDataset',
    'ResumableSampler',
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
