"""A metric that needs no labels."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from mmseg.models.segmentors.base import BaseSegmentor
from mmseg.registry import METRICS
from torch import Tensor

from mmuda.evaluation.label_free.agreement import ClassifierAgreement, TeacherAgreement, ViewAgreement
from mmuda.evaluation.label_free.image_prediction import ImagePrediction
from mmuda.evaluation.label_free.information import ClassBalance, MutualInformation, NegativeEntropy
from mmuda.evaluation.label_free.neighborhood_density import NeighborhoodDensity
from mmuda.evaluation.label_free.network_metric import NetworkMetric
from mmuda.evaluation.label_free.score import Score

SCORES: dict[str, Callable[[], Score]] = {
    'mutual_information': MutualInformation,
    'negative_entropy': NegativeEntropy,
    'class_balance': ClassBalance,
    'neighborhood_density': NeighborhoodDensity,
    'view_agreement': ViewAgreement,
    'view_iou': lambda: ViewAgreement(iou=True),
    'classifier_agreement': ClassifierAgreement,
    'classifier_iou': lambda: ClassifierAgreement(iou=True),
    'teacher_agreement': TeacherAgreement,
    'teacher_iou': lambda: TeacherAgreement(iou=True),
}
OF_THE_PREDICTION = ('mutual_information', 'negative_entropy', 'neighborhood_density')


@METRICS.register_module()
class LabelFreeMetric(NetworkMetric):
    """Scores of a network on images without labels: to choose a checkpoint where the target has none.

    Each is returned as ``label_free/<name>``, and the higher the better, so that ``save_best='label_free/...'`` of the
    checkpoint hook goes with ``rule='greater'``. ``SourceIoUMetric`` beside it adds ``label_free/source_mIoU``.

    | score | what is high | it needs |
    |---|---|---|
    | ``mutual_information`` | sure of each pixel, and all classes are used | |
    | ``negative_entropy`` | sure of each pixel | |
    | ``neighborhood_density`` | pixels have many others that are predicted alike | |
    | ``class_balance`` | class shares as in the labels of the source | ``class_prior``, or training with a source |
    | ``view_agreement``, ``view_iou`` | the same for the image made smaller and mirrored | another pass per view |
    | ``classifier_agreement``, ``classifier_iou`` | two classifiers say the same | a network that has two, a pass |
    | ``teacher_agreement``, ``teacher_iou`` | the teacher says the same | a method that has one, a pass |

    The classes there name their sources. None is right everywhere: Musgrave et al., Benchmarking Validation Methods for
    Unsupervised Domain Adaptation, arXiv 2208.07360, compare such scores. All but ``mutual_information`` and
    ``class_balance`` are at their best for a network that says one class everywhere.

    The means are over all pixels, computed in float32 and added in float64; of an image a few sums remain. Images that
    ``DefaultSampler`` repeats on several ranks are dropped. Labels of the images are not read.

    Args:
        scores (Sequence[str]): Which ones. Defaults to those of the prediction alone: ``mutual_information``,
            ``negative_entropy`` and ``neighborhood_density``.
        class_prior (Sequence[float], optional): C shares for ``class_balance``, of any sum. Defaults to None: those of
            the labels of the source in training.
        scales (Sequence[float]): Of the views of ``view_agreement``, factors of the sides. Defaults to (0.75,).
        flip (bool): Whether these views are mirrored. Defaults to True.
        collect_device (str): 'cpu' or 'gpu', how ranks exchange results. Defaults to 'cpu'.
        prefix (str, optional): Put before the returned names. Defaults to ``label_free``.

    Raises:
        ValueError: For an unknown score, a prior that is none, scales that are not positive, a score that the network
            does not allow, or predictions without probabilities.

    Example of a config::

        val_evaluator = dict(type='LabelFreeMetric', scores=['class_balance'])
        default_hooks = dict(checkpoint=dict(save_best='label_free/class_balance', rule='greater'))
    """

    def __init__(
        self,
        scores: Sequence[str] = OF_THE_PREDICTION,
        class_prior: Sequence[float] | None = None,
        scales: Sequence[float] = (0.75,),
        flip: bool = True,
        collect_device: str = 'cpu',
        prefix: str | None = None,
    ) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        unknown = [name for name in scores if name not in SCORES]
        if unknown or not scores:
            raise ValueError(f'LabelFreeMetric: scores={list(scores)}, expected some of {list(SCORES)}')
        if class_prior is not None and (min(class_prior) < 0 or not sum(class_prior) > 0):
            raise ValueError(f'LabelFreeMetric: class_prior={list(class_prior)}, expected shares, none negative')
        if not scales or min(scales) <= 0 or (not flip and set(scales) == {1.0}):
            raise ValueError(
                f'LabelFreeMetric: scales={list(scales)} with flip={flip}: expected positive factors, and views that '
                'differ from the image'
            )
        self.scores: dict[str, Score] = {name: SCORES[name]() for name in dict.fromkeys(scores)}
        self.scales, self.flip = tuple(scales), flip
        self.class_prior = class_prior

    def set_network(self, network: BaseSegmentor) -> None:
        """Set the network; checks that each score can act on it."""
        for name, score in self.scores.items():
            try:
                score.check(network)
            except ValueError as error:
                raise ValueError(f'LabelFreeMetric: {name}: {error}. Leave it out of `scores`') from error
        self.network = network

    @property
    def needs_prior(self) -> bool:
        """bool: Whether the class shares of the source are still to be given, as :attr:`class_prior`."""
        return 'class_balance' in self.scores and self.class_prior is None

    @torch.no_grad()
    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Add the images of a batch.

        Args:
            data_batch (Any): With ``inputs``, images (3, h, w), and ``data_samples``, as the pipeline packed them.
            data_samples (Sequence[dict]): With ``seg_logits.data`` (C, H, W) and ``pred_sem_seg.data`` (1, H, W).
        """
        for index, sample in enumerate(data_samples):
            prediction = self._prediction(data_batch, index, sample)
            self.results.append({name: score.sums(prediction).cpu() for name, score in self.scores.items()})

    def compute_metrics(self, results: list[dict[str, Tensor]]) -> dict[str, float]:
        """Return the scores of all images.

        Args:
            results (list[dict[str, Tensor]]): The sums of each image by score.
        """
        if not results:
            raise ValueError('LabelFreeMetric: there are no images: look at val_dataloader, or test_dataloader')
        values = {}
        for name, score in self.scores.items():
            if isinstance(score, ClassBalance):
                score.prior = self.class_prior
            values[name] = score.value(torch.stack([sums[name].double() for sums in results]).sum(dim=0))
        return values

    def _prediction(self, data_batch: Any, index: int, sample: Mapping[str, Any]) -> ImagePrediction:
        inputs = data_batch.get('inputs') if isinstance(data_batch, Mapping) else None
        views = inputs is not None and not isinstance(inputs[index], Tensor)  # of test-time augmentation
        if views or 'seg_logits' not in sample:
            raise ValueError(
                f'LabelFreeMetric: the prediction of {sample.get("img_path", "an image")} is not one of a single view '
                'with its probabilities (seg_logits): test without --tta, and with a segmentor that keeps them'
            )
        samples = data_batch.get('data_samples') if inputs is not None else None
        return ImagePrediction(
            probabilities_of(sample['seg_logits']['data']),
            sample['pred_sem_seg']['data'][0].long(),
            self.network,
            None if inputs is None else inputs[index],
            None if samples is None else samples[index].metainfo,
            self.scales,
            self.flip,
        )


def probabilities_of(values: Tensor) -> Tensor:
    """Return the probabilities (C, H, W), float32, of what the test step calls ``seg_logits``.

    Args:
        values (Tensor): (C, H, W) logits; one plane is a probability already, that of the second of two classes.
    """
    values = values.float()
    return torch.cat([1 - values, values]) if len(values) == 1 else values.softmax(dim=0)
