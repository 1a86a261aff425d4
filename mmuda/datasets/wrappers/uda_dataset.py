"""Labeled source and unlabeled target as one data set."""

from typing import Any, NamedTuple

from mmengine.dataset import BaseDataset
from mmseg.registry import DATASETS

from mmuda.datasets.wrappers.adaptation_dataset import AdaptationDataset
from mmuda.datasets.wrappers.unlabeled import build_unlabeled
from mmuda.utils.isolated_rng import isolated_rng
from mmuda.utils.transform_names import dicts_in, transform_names

_LABEL_LOADERS = ('LoadAnnotations', 'LoadLabel')


class UDAIndex(NamedTuple):
    """One draw of :class:`~mmuda.datasets.UDASampler`.

    Attributes:
        position (int): Number of the draw over the whole run and all ranks, from 0.
        source (int): Index of the source image.
        target (int, optional): Index of the target image; None without a target.
    """

    position: int
    source: int
    target: int | None = None


@DATASETS.register_module()
class UDADataset(AdaptationDataset):
    """Pairs of a labeled source sample and an unlabeled target sample.

    The target's labels are never looked for: ``seg_map_path`` is dropped from its config before it is built.
    The random numbers of both pipelines (``random``, ``numpy.random``, torch CPU) are seeded from
    (seed, position, view), so that a sample does not depend on the number of workers, their order, or what
    was skipped on resume; the global random states are left as they were.

    Args:
        source (dict): Config of the labeled data set.
        target (dict, optional): Config of the target data set; its pipeline loads no labels. None for the source
            alone: the view ``target`` is then neither loaded nor in the batch, and the labeled samples are the same.
        labeled_view (str): Name of the view of the labeled images: ``source``, or ``labeled`` where they are target
            images with pseudo labels. Defaults to ``source``.
        seed (int): Seed of the pipelines' random numbers; :class:`~mmuda.datasets.UDASampler` sets it.
            Defaults to 0.

    Raises:
        ValueError: If the class lists differ, both views have one name, or the target's pipeline loads labels or depth,
            has a crop that needs them, or, in loading, does not pack.

    Example of a config::

        train_dataloader = dict(
            sampler=dict(type='UDASampler'),
            dataset=dict(
                type='UDADataset',
                source=dict(type='GTADataset', data_root='data/gta', pipeline=source_pipeline),
                target=dict(type='CityscapesLabelIdsDataset', data_root='data/cityscapes',
                            pipeline=target_pipeline)))
    """

    def __init__(self, source: dict, target: dict | None, labeled_view: str = 'source', seed: int = 0) -> None:
        if labeled_view == 'target':
            raise ValueError("UDADataset: labeled_view='target' is the name of the view without labels: choose another")
        self.source: BaseDataset = DATASETS.build(source)
        self.target: BaseDataset | None = None if target is None else unlabeled_view(target, 'UDADataset', 'the target')
        self.labeled_view = labeled_view
        self.seed = seed
        if self.target is not None:
            check_classes(self.source.metainfo.get('classes'), self.target.metainfo.get('classes'), 'UDADataset')

    @property
    def views(self) -> tuple[str, ...]:
        """tuple[str, ...]: Names of the views of a batch."""
        return tuple(self._by_view())

    @property
    def metainfo(self) -> dict:
        """Meta information (classes, palette) of the source."""
        return self.source.metainfo

    def parts(self) -> dict[str, Any]:
        """See :class:`AdaptationDataset`."""
        return dict(source=self.source) if self.target is None else dict(source=self.source, target=self.target)

    def __len__(self) -> int:
        return max(map(len, self._by_view().values()))

    def __getitem__(self, index: UDAIndex | int) -> dict[str, dict[str, Any]]:
        """Load one pair.

        Args:
            index (UDAIndex | int): A draw of the sampler. An integer ``i`` stands for position ``i`` with the
                images ``i`` modulo the number of images of each domain.

        Returns:
            dict: ``inputs`` and ``data_samples``, each a dict with the keys ``labeled_view`` and, where there is a
            target, ``target``: what the two pipelines packed.
        """
        if not isinstance(index, UDAIndex):
            if not 0 <= index < len(self):
                raise IndexError(f'index {index} of a UDADataset of length {len(self)}')
            index = UDAIndex(index, *(index % len(part) for part in self._by_view().values()))
        samples = {}
        for number, (view, image) in enumerate(zip(self.views, (index.source, index.target))):
            with isolated_rng([self.seed, index.position, number]):
                samples[view] = packed(self._by_view()[view][image], f'UDADataset: the pipeline of {view}')
        return {key: {view: samples[view][key] for view in samples} for key in ('inputs', 'data_samples')}

    def _by_view(self) -> dict[str, BaseDataset]:
        parts = {self.labeled_view: self.source}
        return parts if self.target is None else dict(parts, target=self.target)


def packed(sample: dict, owner: str) -> dict:
    """Return a sample if a pipeline has packed it; ``owner`` is whose pipeline it is."""
    if not {'inputs', 'data_samples'} <= set(sample):
        raise ValueError(f"{owner} gives {sorted(sample)}: end it with dict(type='PackSegInputs')")
    return sample


def unlabeled_view(config: dict, owner: str, name: str) -> BaseDataset:
    """Build a data set whose labels are never looked for.

    Args:
        config (dict): Its config.
        owner (str): Who needs it, for errors.
        name (str): What it is there, for errors.

    Raises:
        ValueError: If its pipeline loads labels or depth, or has a crop that needs them.
    """
    loaders = sorted(kind for kind in transform_names(config) if any(part in kind for part in _LABEL_LOADERS))
    if loaders:
        raise ValueError(
            f'{owner}: {name} is unlabeled, but its pipeline has {loaders}. Remove '
            f'the label loading from the pipeline of {name}.'
        )
    if 'LoadDepth' in transform_names(config):
        raise ValueError(
            f'{owner}: {name} has no depth, but its pipeline has LoadDepth. Remove it, and PackPlanes with it, from '
            f'the pipeline of {name}; PackSegInputs packs images alone'
        )
    for part in dicts_in(config):
        if part.get('cat_max_ratio', 1) < 1:
            raise ValueError(
                f'{owner}: {part.get("type")} with cat_max_ratio = {part["cat_max_ratio"]} in the '
                f'pipeline of {name} chooses crops by labels; there are none. Leave cat_max_ratio out'
            )
    return build_unlabeled(config)


def check_classes(source: tuple | None, target: tuple | None, owner: str) -> None:
    """Check that two class lists are equal; ``owner`` is who needs it."""
    first, second = list(source or ()), list(target or ())
    if first == second:
        return
    only_source = [name for name in first if name not in second]
    only_target = [name for name in second if name not in first]
    detail = (
        f'only in the source: {only_source}, only in the target: {only_target}'
        if only_source or only_target
        else f'the order differs: source {first}, target {second}'
    )
    raise ValueError(
        f'{owner}: source ({len(first)}) and target ({len(second)}) need the same classes in the same '
        f'order; {detail}. Choose data sets of one class protocol, or give metainfo=dict(classes=...).'
    )
