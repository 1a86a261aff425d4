"""Scores of two predictions of one image: how much they agree."""

import numpy as np
from mmseg.models.segmentors.base import BaseSegmentor
from torch import Tensor

from mmuda.evaluation.label_free.image_prediction import ImagePrediction, student_of
from mmuda.evaluation.label_free.score import Score
from mmuda.evaluation.uda_iou_metric import iou_and_accuracy
from mmuda.models.segmentors import UDASegmentor
from mmuda.models.segmentors.student import classifiers_of


class Agreement(Score):
    """Base of the agreements: share of the pixels of one class in both, or the mean IoU of one against the other.

    The mean IoU counts each class that occurs in either alike, whatever its size. A network that says one class
    everywhere agrees with itself.

    Args:
        iou (bool): Mean IoU instead of the share of pixels. Both from 0 to 1.
    """

    def __init__(self, iou: bool = False) -> None:
        self.iou = iou

    def value(self, sums: Tensor) -> float:
        """See :class:`Score`."""
        classes = int(len(sums) ** 0.5)  # C * (C + 1) sums
        matrix = sums.reshape(classes, classes + 1).numpy()
        if not self.iou:
            return float(matrix.trace() / matrix.sum())
        iou, _ = iou_and_accuracy(matrix)
        return float(np.nanmean(iou))


class ViewAgreement(Agreement):
    """Agreement of the prediction with those of the image made smaller and mirrored.

    What a network knows survives such changes. Consistency of this kind trains networks in French et al.,
    Self-Ensembling for Visual Domain Adaptation, ICLR 2018.
    """

    def sums(self, prediction: ImagePrediction) -> Tensor:
        """See :class:`Score`."""
        return prediction.view_matrix.flatten()


class ClassifierAgreement(Agreement):
    """Agreement of the main classifier with the others of the network.

    That two classifiers disagree where they are wrong is used for pseudo labels by Zheng and Yang, Rectifying Pseudo
    Label Learning via Uncertainty Estimation for Domain Adaptive Semantic Segmentation, IJCV 2021.
    """

    def check(self, network: BaseSegmentor) -> None:
        """See :class:`Score`."""
        student = student_of(network)
        names = classifiers_of(student)
        if student.decode_head.out_channels < 2:
            raise ValueError('the network has one output for two classes, classifiers are compared with one per class')
        if len(names) < 2:
            raise ValueError(f'the network has one classifier, {names[0]}, and none to compare it with')

    def sums(self, prediction: ImagePrediction) -> Tensor:
        """See :class:`Score`."""
        return prediction.classifier_matrix.flatten()


class TeacherAgreement(Agreement):
    """Agreement of the network with its teacher, a slow copy of itself.

    Such a teacher trains networks in Tarvainen and Valpola, Mean Teachers are Better Role Models, NeurIPS 2017.
    """

    def check(self, network: BaseSegmentor) -> None:
        """See :class:`Score`."""
        if not (isinstance(network, UDASegmentor) and network.needs_teacher):
            raise ValueError('the method has no teacher: none of its objectives needs one')

    def sums(self, prediction: ImagePrediction) -> Tensor:
        """See :class:`Score`."""
        return prediction.teacher_matrix.flatten()
