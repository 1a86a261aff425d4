"""Labeled source and pseudo-labeled target images as one pool."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from mmseg.registry import DATASETS

from mmuda.datasets.wrappers.adaptation_dataset import AdaptationDataset
from mmuda.datasets.wrappers.mined_classes import MinedClasses, with_first_transform
from mmuda.datasets.wrappers.pseudo_label_dataset import PseudoLabelDataset
from mmuda.datasets.wrappers.subset import SubsetDataset
from mmuda.datasets.wrappers.uda_dataset import check_classes, packed, unlabeled_view
from mmuda.utils.isolated_rng import isolated_rng


class PoolIndex(NamedTuple):
    """One draw of :class:`~mmuda.datasets.PoolSampler`.

    Attributes:
        position (int): Number of the draw over the whole run and all ranks, from 0.
        index (int): Index into the pool.
    """

    position: int
    index: int  # type: ignore[assignment]  # a tuple has a method of this name


@DATASETS.register_module()
class PoolDataset(AdaptationDataset):
    """Source images with their labels and target images with pseudo labels, in one view ``pool``.

    The training data of a round of self-training (Zou et al., ECCV 2018): every batch mixes the domains as it
    falls. Each sample says in its meta information, as ``domain``, where it is from. The random numbers of a
    sample's pipeline are seeded from (seed, position), as those of :class:`~mmuda.datasets.UDADataset`. Which classes
    the crops look for, a sample says itself: :meth:`mine`.

    Args:
        source (dict, optional): Config of the labeled data set; None for the target alone, as in ensemble
            distillation.
        target (dict): Config of a :class:`~mmuda.datasets.PseudoLabelDataset`.
        unlabeled (dict, optional): Config of a data set without labels, of which each sample has an image beside it,
            drawn evenly: the view ``target``, as MRNet's second stage has. Defaults to None: no such view.
        seed (int): Seed of the pipelines' random numbers; the sampler sets it. Defaults to 0.

    Attributes:
        source (SubsetDataset or None): The selected source images, at first all.

    Raises:
        ValueError: If the class lists differ, or the pipeline of ``unlabeled`` loads labels.
        TypeError: If the target has no pseudo labels.
    """

    def __init__(self, source: dict | None, target: dict, unlabeled: dict | None = None, seed: int = 0) -> None:
        self._mined = dict(source=MinedClasses(), target=MinedClasses())
        self.source = None if source is None else SubsetDataset(with_first_transform(source, self._mined['source']))
        self.target = DATASETS.build(with_first_transform(target, self._mined['target']))
        if not isinstance(self.target, PseudoLabelDataset):
            raise TypeError(f'PoolDataset: the target must be a PseudoLabelDataset, got {type(self.target).__name__}')
        if self.source is not None:
            check_classes(self.source.metainfo.get('classes'), self.target.metainfo.get('classes'), 'PoolDataset')
        self.unlabeled = None if unlabeled is None else unlabeled_view(unlabeled, 'PoolDataset', '`unlabeled`')
        self.seed = seed

    @property
    def metainfo(self) -> dict:
        """Meta information (classes, palette) of the source, without one of the target."""
        return (self.target if self.source is None else self.source).metainfo

    @property
    def views(self) -> tuple[str, ...]:
        """tuple[str, ...]: Names of the views of a batch."""
        return ('pool',) if self.unlabeled is None else ('pool', 'target')

    def parts(self) -> dict[str, Any]:
        """See :class:`AdaptationDataset`."""
        parts = dict(source=self.source, target=self.target, unlabeled=self.unlabeled)
        return {name: part for name, part in parts.items() if part is not None}

    def mine(self, mine_ids: Sequence[int] = (), priority_ids: Sequence[int] = (), in_source: bool = True) -> None:
        """Let the crops look for classes: they are ``mine_ids`` and ``priority_ids`` of every sample to come.

        Call this before the workers start, see :class:`~mmuda.datasets.wrappers.mined_classes.MinedClasses`.

        Args:
            mine_ids (Sequence[int]): Mined classes, in the order of the draws. Defaults to (): none.
            priority_ids (Sequence[int]): Classes that go before them. Defaults to ().
            in_source (bool): Whether source crops look for them, too. Defaults to True.

        Raises:
            ValueError: If a class is no training id.
        """
        self._mined['target'].set(mine_ids, priority_ids)
        if in_source:
            self._mined['source'].set(mine_ids, priority_ids)

    def __len__(self) -> int:
        return self.num_source + len(self.target)

    @property
    def num_source(self) -> int:
        """Number of selected source images."""
        return 0 if self.source is None else len(self.source)

    def __getitem__(self, index: PoolIndex | int) -> dict[str, dict[str, Any]]:
        """Load one sample.

        Args:
            index (PoolIndex | int): A draw of the sampler, or an index into the pool: source images first.

        Returns:
            dict: ``inputs`` and ``data_samples``, each a dict with the views as keys.
        """
        if not isinstance(index, PoolIndex):
            index = PoolIndex(index, index)
        if not 0 <= index.index < len(self):
            raise IndexError(f'index {index.index} of a PoolDataset of length {len(self)}')
        with isolated_rng([self.seed, index.position]):
            if self.source is not None and index.index < len(self.source):
                domain, sample = 'source', self.source[index.index]
            else:
                domain, sample = 'target', self.target[index.index - self.num_source]
        packed(sample, f'PoolDataset: the pipeline of {domain}')
        sample['data_samples'].set_metainfo(dict(domain=domain))
        samples = dict(pool=sample)
        if self.unlabeled is not None:
            with isolated_rng([self.seed, index.position, 1]):
                drawn = self.unlabeled[np.random.randint(len(self.unlabeled))]
            samples['target'] = packed(drawn, 'PoolDataset: the pipeline of `unlabeled`')
        return {key: {view: samples[view][key] for view in samples} for key in ('inputs', 'data_samples')}
