from mmuda.models.segmentors.step import Step
from mmuda.models.segmentors.uda_data_preprocessor import UDADataPreprocessor
from mmuda.models.segmentors.uda_segmentor import UDASegmentor

__all__ = ['Step', 'UDADataPreprocessor', 'UDASegmentor']
