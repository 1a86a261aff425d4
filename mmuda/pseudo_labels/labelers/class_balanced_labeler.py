"""Pseudo labels by thresholds that keep the most confident portion of each class, or of all pixels."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmseg.registry import TASK_UTILS
from torch import Tensor

from mmuda.pseudo_labels.labelers.labeler import IGNORE_INDEX, Labeler, LabelPlanes, check_num_classes
from mmuda.pseudo_labels.thresholds.assignment import reweighted_class, top_class
from mmuda.pseudo_labels.thresholds.order_statistics import RadixSelection
from mmuda.pseudo_labels.thresholds.rare_classes import RareClasses, rare_classes
from mmuda.pseudo_labels.thresholds.sampling import SAMPLING_RULES, every_nth_of_class
from mmuda.pseudo_labels.thresholds.spatial_prior import load_prior

POLICIES = ('class', 'global')
BLOCK = 1 << 18  # pixels that are worked on at a time: what fits into a cache


@TASK_UTILS.register_module()
class ClassBalancedLabeler(Labeler):
    """The most confident portion of each class (CBST), or of all pixels (ST).

    The threshold t_c of class c is the confidence (highest probability) that ``portion`` of the pixels
    predicted as c reach. A pixel gets the class of the highest ratio p_c / t_c (the lowest id of equal ones),
    if that is at least 1. A class without threshold has t_c = 1. With a prior, p is the product of
    probability and prior, which is not normalized. Zou et al., ECCV 2018, Sec. 3.

    The thresholds are exact order statistics of the whole set, see :class:`RadixSelection`.

    Args:
        portion (float): In (0, 1]. May be set between rounds. Defaults to 0.2.
        policy (str): ``'class'``: one threshold per class (CBST). ``'global'``: one for all (ST).
            Defaults to ``'class'``.
        sampling (str): ``'cbst'``: as in the published code of CBST; every 4th pixel per class and image,
            one 0 added per class seen, rank ``floor(portion * N)``. With portion 1 that is the 0, and no pixel
            is labeled. ``'crst'``: the same without zeros, as published for CRST. ``'paper'``: all pixels and the
            nearest rank, as in the paper. Defaults to ``'cbst'``.
        prior (str, Path, array or None): Spatial prior (C, H, W), see :func:`load_prior`; read in
            :meth:`begin`. May be set before. Defaults to None.
        rare_number (int): How many classes :meth:`rare_classes` names as the smallest. Defaults to 3.
        rare_share (float): Below which share a class has priority there. Defaults to 1e-3.

    Raises:
        ValueError: If a setting is none of the above.
    """

    num_passes = 2

    def __init__(
        self,
        portion: float = 0.2,
        policy: str = 'class',
        sampling: str = 'cbst',
        prior: str | Path | np.ndarray | Tensor | None = None,
        rare_number: int = 3,
        rare_share: float = 1e-3,
    ) -> None:
        name = type(self).__name__
        if policy not in POLICIES:
            raise ValueError(f'{name}: policy = {policy!r}, expected one of {POLICIES}')
        if sampling not in SAMPLING_RULES:
            raise ValueError(f'{name}: sampling = {sampling!r}, expected one of {tuple(SAMPLING_RULES)}')
        self.portion = portion
        self.policy = policy
        self.sampling = sampling
        self.rule = SAMPLING_RULES[sampling]
        self.prior = prior
        self.rare_number = rare_number
        self.rare_share = rare_share
        self._pass = -1  # no images yet

    @property
    def portion(self) -> float:
        """Share of the pixels whose confidence reaches the threshold, in (0, 1]."""
        return self._portion

    @portion.setter
    def portion(self, portion: float) -> None:
        if not 0 < portion <= 1:
            raise ValueError(f'{type(self).__name__}: portion must lie in (0, 1], got {portion}')
        self._portion = portion

    def begin(self, num_classes: int, device: str | torch.device = 'cpu') -> None:
        """Forget all images and read the prior.

        Args:
            num_classes (int): C, at most 255.
            device (str or torch.device): Of the probabilities to come. Defaults to ``'cpu'``.

        Raises:
            ValueError: If the prior has another number of classes, or there are too many classes.
            OSError: If the prior cannot be read.
        """
        check_num_classes(num_classes)
        self.num_classes = num_classes
        self._prior = self._load_prior(device)
        self._selection = RadixSelection(num_classes if self.policy == 'class' else 1, device)
        self._pixels = torch.zeros(num_classes, dtype=torch.int64, device=device)
        self.thresholds = torch.zeros(num_classes, device=device)
        self.class_sizes = torch.zeros(num_classes, dtype=torch.int64, device=device)
        self._pass = 0

    def observe(self, probabilities: Tensor) -> None:
        """Count the confidences of one image.

        Args:
            probabilities (Tensor): (C, H, W), no NaN. Values outside of [0, 1] are taken as they are.

        Raises:
            ValueError: If the shape does not fit, or there are NaN.
            RuntimeError: If no pass has begun, or both are over.
        """
        self._check_in_pass()
        self._check_shape(probabilities)
        seen = torch.zeros_like(self._pixels)
        rows = max(1, BLOCK // probabilities.shape[2])
        for begin in range(0, probabilities.shape[1], rows):
            confidence, label = (
                part.flatten() for part in top_class(self._scores(probabilities, slice(begin, begin + rows)))
            )
            pixels = torch.bincount(label, minlength=self.num_classes)
            if self.rule.stride > 1:
                chosen = every_nth_of_class(label, pixels, seen, self.rule.stride)
                confidence, label = confidence.index_select(0, chosen), label.index_select(0, chosen)
            self._selection.observe(confidence, label if self.policy == 'class' else torch.zeros_like(label))
            seen += pixels
        if self._pass == 0:
            self._pixels += seen

    def end_pass(self) -> None:
        """End a pass, on every rank; sums the counts over ranks.

        Raises:
            RuntimeError: If no pass has begun, both are over, or the second one saw other probabilities.
        """
        self._check_in_pass()
        if self._pass == 0:
            sizes = self._selection.end_pass(self._pixels)
            zeros = self._num_zeros(sizes)
            sizes = sizes + zeros
            self.class_sizes = sizes.expand(self.num_classes).clone()
            ranks = self.rule.ranks(sizes, self.portion)
            if self.rule.zeros and self.policy == 'global':  # the published code takes rank 0 for the last
                ranks = ranks.where(ranks > 0, sizes)
            self._selection.choose(ranks, zeros)
        else:
            self._selection.end_pass()
            values = self._selection.values()
            self.thresholds = values.masked_fill(values.isnan(), 0).expand(self.num_classes).clone()
            del self._selection
        self._pass += 1

    @property
    def thresholds_used(self) -> Tensor:
        """Thresholds (C,) float32 with 1 instead of 0; without the zeros of 'cbst' also of negative ones."""
        none = self.thresholds == 0 if self.rule.zeros else self.thresholds <= 0
        return self.thresholds.masked_fill(none, 1)

    @property
    def class_pixels(self) -> Tensor:
        """Number of pixels predicted per class (C,), int64, without sampling."""
        return self._pixels

    def __call__(self, probabilities: Tensor) -> LabelPlanes:
        """Label one image.

        Args:
            probabilities (Tensor): (C, H, W), as in the passes.

        Returns:
            LabelPlanes: Labels, 255 where ignored, and the highest probability, without prior, clamped to [0, 1].

        Raises:
            ValueError: If the shape does not fit, or there are NaN.
            RuntimeError: If the thresholds are not known yet.
        """
        self._check_ready()
        self._check_shape(probabilities)
        ratio, label = reweighted_class(self._scores(probabilities), self.thresholds_used)
        return LabelPlanes(label.masked_fill_(ratio < 1, IGNORE_INDEX), probabilities.amax(0).clamp_(0, 1))

    def rare_classes(self) -> RareClasses:
        """Return the rare classes, by the class sizes ('cbst') or by all pixels ('crst', 'paper')."""
        self._check_ready()
        sizes = self.class_sizes if self.sampling == 'cbst' else self.class_pixels
        variant = 'crst' if self.sampling == 'crst' else 'cbst'
        return rare_classes(sizes.cpu().numpy(), self.rare_number, self.rare_share, variant)

    def summary(self) -> dict[str, Any]:
        """Return settings and statistics as JSON values.

        Returns:
            dict: ``portion``, ``policy``, ``sampling``, ``prior``; ``thresholds`` (C), 0 for none;
            ``thresholds_used`` (C); ``class_sizes`` (C), the sampled values with added zeros (policy
            ``global``: of all classes, C times); ``class_pixels`` (C), all pixels; ``mined_classes``, ids of the
            classes that crops look for: ``mine_ids``, the smallest classes, for ``crst`` all of a small share, and
            ``priority_ids``, those of a small share, which go before them.
        """
        rare = self.rare_classes()
        return dict(
            self.settings(),
            thresholds=self.thresholds.tolist(),
            thresholds_used=self.thresholds_used.tolist(),
            class_sizes=self.class_sizes.tolist(),
            class_pixels=self.class_pixels.tolist(),
            mined_classes=dict(
                mine_ids=rare.priority if self.sampling == 'crst' else rare.smallest, priority_ids=rare.priority
            ),
        )

    def load_summary(self, summary: dict[str, Any], device: str | torch.device = 'cpu') -> None:
        """Take over the thresholds of a :meth:`summary`, instead of the passes.

        Args:
            summary (dict): Of a labeler with the same settings.
            device (str or torch.device): Of the probabilities to come. Defaults to ``'cpu'``.

        Raises:
            ValueError: If its settings differ.
        """
        for key, value in self.settings().items():
            if summary.get(key) != value:
                raise ValueError(
                    f'{type(self).__name__}: the thresholds were found with {key} = '
                    f'{summary.get(key)!r}, but it is {value!r} now: label again'
                )
        self.begin(len(summary['thresholds']), device)
        self.thresholds = torch.tensor(summary['thresholds'], device=device)
        self.class_sizes = torch.tensor(summary['class_sizes'], device=device)
        self._pixels = torch.tensor(summary['class_pixels'], device=device)
        del self._selection
        self._pass = self.num_passes

    def description(self) -> dict[str, Any]:
        """See :class:`Labeler`. A prior in a file is known by its content, so that the file can be moved."""
        described = dict(
            self.settings(), type=type(self).__name__, rare_number=self.rare_number, rare_share=self.rare_share
        )
        if isinstance(self.prior, str | Path) and Path(self.prior).is_file():
            described['prior'] = hashlib.sha256(Path(self.prior).read_bytes()).hexdigest()[:32]
        return described

    def settings(self) -> dict[str, Any]:
        """Return what the thresholds depend on beside the predictions, as JSON values."""
        return dict(
            portion=self.portion,
            policy=self.policy,
            sampling=self.sampling,
            prior=None if self.prior is None else self._prior_name(),
        )

    def _num_zeros(self, sizes: Tensor) -> Tensor:
        if not self.rule.zeros:
            return torch.zeros_like(sizes)
        return (sizes > 0).long() if self.policy == 'class' else torch.full_like(sizes, self.num_classes + 1)

    def _load_prior(self, device: str | torch.device) -> Tensor | None:
        if self.prior is None:
            return None
        prior = torch.as_tensor(load_prior(self.prior) if isinstance(self.prior, str | Path) else self.prior)
        if prior.ndim != 3 or len(prior) != self.num_classes:
            raise ValueError(
                f'the spatial prior {self._prior_name()} has shape {tuple(prior.shape)}, expected '
                f'(classes, height, width) with {self.num_classes} classes'
            )
        return prior.to(device, torch.float32)

    def _prior_name(self) -> str:
        return str(self.prior) if isinstance(self.prior, str | Path) else '(an array)'

    def _scores(self, probabilities: Tensor, rows: slice = slice(None)) -> Iterable[Tensor]:
        """Yield p of some rows (h, W), float32, class by class."""
        if self._prior is None:
            return (plane.float() for plane in probabilities[:, rows])
        return (plane.float() * prior for plane, prior in zip(probabilities[:, rows], self._prior[:, rows]))

    def _check_shape(self, probabilities: Tensor) -> None:
        if probabilities.ndim != 3 or len(probabilities) != self.num_classes:
            raise ValueError(
                f'{type(self).__name__}: expected probabilities of shape ({self.num_classes}, H, W), '
                f'got {tuple(probabilities.shape)}'
            )
        if self._prior is not None and self._prior.shape != probabilities.shape:
            raise ValueError(
                f'the spatial prior {self._prior_name()} has (H, W) = {tuple(self._prior.shape[1:])}, '
                f'expected {tuple(probabilities.shape[1:])} as of the image: make one of that size with '
                'tools/dataset_tools/make_spatial_prior.py'
            )

    def _check_in_pass(self) -> None:
        if self._pass not in range(self.num_passes):
            raise RuntimeError(
                f'{type(self).__name__} is outside of a pass: call begin() first, and end_pass() after '
                f'each of the {self.num_passes} passes'
            )

    def _check_ready(self) -> None:
        if self._pass != self.num_passes:
            raise RuntimeError(
                f'{type(self).__name__} has no thresholds yet: begin(), then observe() all images and '
                f'end_pass(), {self.num_passes} times'
            )
