"""Monte-Carlo dropout: statistics over passes in which dropout is on."""

import contextlib
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from mmseg.models import EncoderDecoder
from mmseg.models.utils import resize
from mmseg.registry import TASK_UTILS
from mmseg.structures import SegDataSample
from torch import Tensor, nn
from torch.nn.modules.dropout import _DropoutNd

from mmuda.pseudo_labels.labelers.mc_dropout import PassStatistics
from mmuda.pseudo_labels.predictors.multi_view_predictor import MultiViewPredictor
from mmuda.pseudo_labels.predictors.pass_predictions import PassPredictions
from mmuda.utils.fused_probabilities import fused_probabilities, resizes_probabilities


@contextlib.contextmanager
def active_dropout(segmentor: nn.Module, ratio: float) -> Iterator[list[str]]:
    """Switch the dropout of a segmentor on, and nothing else; afterwards it is as it was.

    Layers whose ratio is 0 stay off, and so does an auxiliary head, which prediction does not ask.

    Args:
        segmentor (nn.Module): The segmentor, in evaluation mode.
        ratio (float): Probability of dropping, of every dropout layer.

    Yields:
        list[str]: Names of the layers.

    Raises:
        ValueError: If it has no dropout.
    """
    layers = {
        name: layer
        for name, layer in segmentor.named_modules()
        if isinstance(layer, _DropoutNd) and layer.p > 0 and 'auxiliary_head' not in name.split('.')
    }
    if not layers:
        raise ValueError(
            'Monte-Carlo dropout needs a model with dropout, this one has none: set '
            'model.segmentor.decode_head.dropout_ratio above 0, or label with MultiViewPredictor'
        )
    before = [(layer, layer.p, layer.training) for layer in layers.values()]
    try:
        for layer in layers.values():
            layer.p, layer.training = ratio, True
        yield list(layers)
    finally:
        for layer, p, training in before:
            layer.p, layer.training = p, training


@contextlib.contextmanager
def seeded(device: torch.device, *parts: object) -> Iterator[None]:
    """Seed what is drawn inside with ``parts``; what is drawn after is as if nothing had been drawn."""
    digest = hashlib.sha256('/'.join(str(part) for part in parts).encode()).digest()
    with torch.random.fork_rng(devices=[device] if device.type == 'cuda' else []):
        torch.manual_seed(int.from_bytes(digest[:8], 'big') >> 1)
        yield


@TASK_UTILS.register_module()
class MCDropoutPredictor(MultiViewPredictor):
    """Mean, minimum and standard deviation of the probabilities over passes with dropout.

    The predictor of "Enhanced Pseudo-Label Correction for Semantic Segmentation" (a thesis on MRNet). A pass is the
    mean over all views, each with dropout of its own. Passes are streamed: memory does not grow with their number.
    Where dropout is in the decode head alone, the backbone runs once per view, not once per pass.

    What a pass drops is a function of (seed, name of the image, number of the pass): labels are the same whatever the
    order of the images, the number of ranks, and where a run was killed.

    Args:
        passes (int): K. Defaults to 5, as published; UPS (Rizve et al., ICLR 2021) has 10.
        dropout_ratio (float): Of every dropout layer meanwhile, in (0, 1), whatever it was trained with. Defaults to
            0.1, as published.
        temperature (float, optional): Also take statistics of the same passes with logits divided by it, which
            negative labels need; published: 2. Defaults to None.
        seed (int): Defaults to 0.
        scales, flip, interpolation: See :class:`MultiViewPredictor`.

    Raises:
        ValueError: If a setting is out of range.

    Example of a config::

        predictor=dict(type='MCDropoutPredictor', passes=5, scales=[(1024, 512), (1280, 640)])
    """

    def __init__(
        self,
        passes: int = 5,
        dropout_ratio: float = 0.1,
        temperature: float | None = None,
        seed: int = 0,
        scales: Sequence[tuple[int, int] | float] = (1.0,),
        flip: bool = True,
        interpolation: str = 'bicubic',
    ) -> None:
        super().__init__(scales, flip, interpolation)
        if passes < 1:
            raise ValueError(f'MCDropoutPredictor: passes must be at least 1, got {passes}')
        if not 0 < dropout_ratio < 1:
            raise ValueError(f'MCDropoutPredictor: dropout_ratio must lie between 0 and 1, got {dropout_ratio}')
        if temperature is not None and not temperature > 0:
            raise ValueError(f'MCDropoutPredictor: temperature must be positive, got {temperature}')
        if temperature is not None and passes < 2:
            raise ValueError(
                'MCDropoutPredictor: temperature is for labels chosen by a standard deviation, and one pass has none: '
                'set passes to 2 or more'
            )
        self.passes = passes
        self.dropout_ratio = dropout_ratio
        self.temperature = temperature
        self.seed = seed

    @torch.no_grad()
    def __call__(self, segmentor: nn.Module, image: np.ndarray, name: str) -> Tensor:
        """See :class:`Predictor`.

        Returns:
            Tensor: (S, C, H, W), see :class:`~mmuda.pseudo_labels.predictors.pass_predictions.PassPredictions`.

        Raises:
            ValueError: If the segmentor has no dropout or predicts in sliding windows, or all passes are the same.
        """
        student = _student(segmentor)
        plain, warm = PassStatistics(), PassStatistics(with_minimum=False)
        with active_dropout(segmentor, self.dropout_ratio) as layers:
            views = [self._view(segmentor, image, *view) for view in self.views(image)]
            keep = all('decode_head' in layer.split('.') for layer in layers)
            kept = [student.extract_feat(inputs) for inputs, _ in views] if keep else None
            for index in range(self.passes):
                with seeded(views[0][0].device, self.seed, index, name):
                    means = self._pass(student, views, kept)
                plain.update(means[0])
                if self.temperature is not None:
                    warm.update(means[1])
        std = plain.std if self.passes > 1 else None
        if std is not None and not std.any():
            raise ValueError(
                f'all {self.passes} passes of the image {name!r} are the same: dropout ({", ".join(layers)}) has no '
                'effect on the predictions'
            )
        calm = (plain.mean, plain.minimum, std)
        return PassPredictions(*calm, *((warm.mean, warm.std) if self.temperature is not None else ())).stacked()

    def description(self) -> dict[str, Any]:
        """See :class:`Predictor`."""
        return dict(
            super().description(),
            type='MCDropoutPredictor',
            passes=self.passes,
            dropout_ratio=self.dropout_ratio,
            temperature=self.temperature,
            seed=self.seed,
        )

    def _view(
        self, segmentor: nn.Module, image: np.ndarray, view: np.ndarray, mirrored: bool
    ) -> tuple[Tensor, SegDataSample]:
        """Preprocess a view as a test step does; return (1, 3, h, w) and what to know of it."""
        inputs = torch.from_numpy(np.ascontiguousarray(view.transpose(2, 0, 1)))
        data = segmentor.get_submodule('data_preprocessor')(
            dict(inputs=[inputs], data_samples=[self.data_sample(image, view, mirrored)]), False
        )
        return data['inputs'], data['data_samples'][0]

    def _pass(
        self,
        student: EncoderDecoder,
        views: Sequence[tuple[Tensor, SegDataSample]],
        kept: Sequence[Sequence[Tensor]] | None,
    ) -> list[Tensor]:
        """Make one pass; return its probabilities (C, H, W), mean over the views, without and with temperature."""
        temperatures = (1.0,) if self.temperature is None else (1.0, self.temperature)
        means = [ViewMean(student) for _ in temperatures]
        for index, (inputs, sample) in enumerate(views):
            outputs = student.decode_head(student.extract_feat(inputs) if kept is None else kept[index])
            for mean, temperature in zip(means, temperatures):
                mean.add(_divided(outputs, temperature), inputs, sample)
        return [mean.result() for mean in means]


class ViewMean:
    """Mean of the probabilities of the views of an image, at its size.

    Of a head that resizes probabilities, those at its own resolution are read: resizing is linear, so that views of one
    size are added before.

    Args:
        student (EncoderDecoder): Who predicts.
    """

    def __init__(self, student: EncoderDecoder) -> None:
        self.student = student
        self.number = 0
        self.size: tuple[int, int] = (0, 0)
        self._small: dict[torch.Size, Tensor] = {}  # (1, C, h, w) by its shape: to be resized
        self._large: list[Tensor] = []  # at most one, (C, H, W)

    def add(self, outputs: Tensor | Mapping[str, Tensor], inputs: Tensor, sample: SegDataSample) -> None:
        """Add a view.

        Args:
            outputs (Tensor or Mapping[str, Tensor]): Of the decode head.
            inputs (Tensor): (1, 3, h, w), of the network.
            sample (SegDataSample): What to know of the view.
        """
        self.number += 1
        self.size = sample.ori_shape
        head = self.student.decode_head
        if resizes_probabilities(head) and inputs.shape[2:] == sample.img_shape:
            values = fused_probabilities(head, outputs).float()
            values = values.flip(3) if sample.flip else values
            known = self._small.get(values.shape)
            self._small[values.shape] = values if known is None else known + values
        else:  # the end of a test step
            logits = head.predict_by_feat(outputs, [sample.metainfo])
            self._add(self.student.postprocess_result(logits, [sample])[0].seg_logits.data.softmax(dim=0))

    def result(self) -> Tensor:
        """Return the mean (C, H, W)."""
        align_corners = self.student.decode_head.align_corners
        for values in self._small.values():
            self._add(resize(values, self.size, mode='bilinear', align_corners=align_corners, warning=False)[0])
        return self._large[0].div_(self.number)

    def _add(self, probabilities: Tensor) -> None:
        if self._large:
            self._large[0].add_(probabilities)
        else:
            self._large.append(probabilities)


def _student(segmentor: nn.Module) -> EncoderDecoder:
    """Return the segmentor whose backbone and head are run one by one.

    Raises:
        ValueError: If it predicts in sliding windows, or has no such parts.
    """
    student = next((module for module in segmentor.modules() if isinstance(module, EncoderDecoder)), None)
    if student is None or student.test_cfg.get('mode', 'whole') != 'whole':
        raise ValueError(
            'MCDropoutPredictor runs backbone and head of an EncoderDecoder one by one, on whole images: set '
            "model.segmentor.test_cfg=dict(mode='whole')"
        )
    return student


def _divided(outputs: Tensor | Mapping[str, Tensor], temperature: float) -> Tensor | dict[str, Tensor]:
    """Divide logits by a temperature; outputs of several classifiers by name are fused later, linearly."""
    if isinstance(outputs, Tensor):
        return outputs / temperature
    return {name: values / temperature for name, values in outputs.items()}
