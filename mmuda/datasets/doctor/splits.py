"""The splits that a config names, each with its images and labels."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from os.path import relpath
from typing import Any

from mmengine.config import Config
from mmseg.datasets import BaseSegDataset
from mmseg.registry import DATASETS

from mmuda.datasets.doctor.findings import Finding
from mmuda.datasets.files.image_files import MAX_PIXELS, by_stem, list_files, stem_of
from mmuda.datasets.folder_dataset import FolderDataset
from mmuda.datasets.label_maps import LabelFormat, train_ids
from mmuda.datasets.wrappers.uda_dataset import unlabeled_view
from mmuda.utils.transform_names import dicts_in

_PARTS = ('source', 'target', 'unlabeled')  # of UDADataset and PoolDataset
_UNLABELED = ('target', 'unlabeled')


@dataclass
class Split:
    """The files of one data set.

    Attributes:
        name (str): ``source``, ``target``, ``validation``, ``test``, ...
        kind (str): Class of the data set.
        classes (tuple[str, ...]): Their names.
        entries (list[dict]): One per image, as the data set gives it: ``img_path``, and ``seg_map_path`` if labeled.
        label_format (LabelFormat): How label files are read.
        backend_args (dict, optional): Of the file backend.
        max_pixels (int): Larger images and labels are refused.
        resizes_labels (bool): Whether the pipeline fits labels of another size.
        left_out (list[str]): Which files of the folders are not in use.
        findings (list[Finding]): What is wrong before a file is opened.
    """

    name: str
    kind: str
    classes: tuple[str, ...] = ()
    entries: list[dict] = field(default_factory=list)
    label_format: LabelFormat = field(default_factory=train_ids)
    backend_args: dict | None = None
    max_pixels: int = MAX_PIXELS
    resizes_labels: bool = False
    left_out: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def domain(self) -> str:
        """str: The name without its number."""
        return self.name.split(' ')[0]


def splits_of(config: Config) -> list[Split]:
    """Find the files of all splits of a config, and open none.

    The labels of target and ``unlabeled`` training images are not looked for. Test data that are those of the
    validation are left out.

    Args:
        config (Config): Of a training.

    Returns:
        list[Split]: Source, target, validation and test, as far as the config has them. One that cannot be listed is
        there, with findings.

    Raises:
        ValueError: If the config has no data.
    """
    splits: list[Split] = []
    for name, dataset in _datasets(config):
        leaves = list(_leaves(dataset))
        for number, leaf in enumerate(leaves, 1):
            split = _split(name if len(leaves) == 1 else f'{name} {number}', leaf, name in _UNLABELED)
            if not any(name == 'test' and _same(split, other) for other in splits if other.domain == 'validation'):
                splits.append(split)
    if not splits:
        raise ValueError(
            f'{config.filename}: there are no data: expected train_dataloader, val_dataloader or test_dataloader with '
            'a dataset'
        )
    return splits


def _same(one: Split, other: Split) -> bool:
    messages = [[(finding.kind, finding.message) for finding in split.findings] for split in (one, other)]
    return one.entries == other.entries and messages[0] == messages[1]


def _datasets(config: Config) -> Iterator[tuple[str, dict]]:
    training = (config.get('train_dataloader') or {}).get('dataset') or {}
    parts = [(name, training[name]) for name in _PARTS if training.get(name) is not None]
    yield from parts or ([('source', training)] if training else [])
    for name, key in (('validation', 'val_dataloader'), ('test', 'test_dataloader')):
        dataset = (config.get(key) or {}).get('dataset')
        if dataset:
            yield name, dataset


def _leaves(config: dict) -> Iterator[dict]:
    """Yield the configs of the data sets that hold the images, in whatever they are wrapped."""
    if 'dataset' in config:
        yield from _leaves(config['dataset'])
    elif 'datasets' in config:
        for part in config['datasets']:
            yield from _leaves(part)
    else:
        yield config


def _split(name: str, config: dict, unlabeled: bool) -> Split:
    split = Split(name, str(config.get('type')))
    try:
        dataset = unlabeled_view(config, 'train_dataloader', name) if unlabeled else _labeled(config, split)
    except (ValueError, OSError, KeyError, TypeError) as error:
        split.findings.append(Finding('error', 'data set', name, str(error)))
        return split
    split.kind = type(dataset).__name__
    split.classes = tuple(dataset.metainfo.get('classes') or ())
    split.backend_args = dataset.backend_args
    if not split.entries:
        split.entries = [dataset.get_data_info(index) for index in range(len(dataset))]
    if isinstance(dataset, FolderDataset):
        split.label_format = dataset.LABEL_FORMAT
        split.left_out = dataset.left_out
    for part in dicts_in(config.get('pipeline', [])):
        split.resizes_labels |= part.get('on_size_mismatch') == 'resize'
        split.max_pixels = max(split.max_pixels, part.get('max_pixels', 0))
    split.findings += [Finding('warning', 'left out', name, sentence) for sentence in split.left_out]
    if not unlabeled and dataset.reduce_zero_label:
        message = 'its labels are not looked at: reduce_zero_label shifts their values, which is not done here'
        split.findings.append(Finding('warning', 'not checked', name, message))
        for entry in split.entries:
            entry.pop('seg_map_path', None)
        return split
    if not unlabeled and not any('seg_map_path' in entry for entry in split.entries):
        severity, advice = ('error', 'training needs them') if name.startswith('source') else ('warning', 'no IoU')
        message = f'no image has a label ({advice}): give the data set seg_map_path in data_prefix'
        split.findings.append(Finding(severity, 'missing', name, message))  # type: ignore[arg-type]
    return split


def _labeled(config: dict, split: Split) -> Any:
    """Build a data set; one whose labels are incomplete without labels, whose paths go into the entries."""
    dataset = DATASETS.build({**config, 'lazy_init': True})
    try:
        dataset.full_init()
        return dataset
    except FileNotFoundError as error:
        label_dir = dataset.data_prefix.get('seg_map_path')
        if not isinstance(dataset, FolderDataset) or label_dir is None:
            raise
        del dataset.data_prefix['seg_map_path']
        dataset.full_init()  # the images are missing: it says so
        split.findings.append(Finding('error', 'missing', split.name, str(error)))
        split.entries = _with_labels(dataset, label_dir)
        return dataset


def _with_labels(dataset: BaseSegDataset, label_dir: str) -> list[dict]:
    """The entries of all images, with the labels that there are."""
    labels, _ = by_stem(list_files(label_dir, dataset.backend_args), dataset.seg_map_suffix)
    entries = [dataset.get_data_info(index) for index in range(len(dataset))]
    for entry in entries:
        stem = stem_of(relpath(entry['img_path'], dataset.data_prefix['img_path']), dataset.img_suffix)
        if stem in labels:
            entry['seg_map_path'] = f'{label_dir}/{labels[stem]}'
    return entries
