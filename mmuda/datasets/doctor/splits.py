"""The splits that a config names, each with its images and labels."""

from collections.abc import Iterator
from os.path import relpath
from typing import Any

from mmengine.config import Config
from mmseg.datasets import BaseSegDataset
from mmseg.registry import DATASETS, TRANSFORMS

from mmuda.datasets.doctor.findings import Finding
from mmuda.datasets.doctor.pseudo_labels import add_pseudo_labels
from mmuda.datasets.doctor.split import Split
from mmuda.datasets.files.depth_files import DEPTH
from mmuda.datasets.files.image_files import by_stem, list_files, stem_of
from mmuda.datasets.folder_dataset import FolderDataset
from mmuda.datasets.label_maps import IGNORE_INDEX, LabelFormat
from mmuda.datasets.wrappers.uda_dataset import unlabeled_view
from mmuda.pseudo_labels.last_store import last_store
from mmuda.utils.transform_names import dicts_in, transform_names

_PARTS = ('source', 'target', 'unlabeled')  # of UDADataset and PoolDataset
_UNLABELED = ('target', 'unlabeled')


def splits_of(config: Config) -> list[Split]:
    """Find the files of all splits of a config, and open none.

    The labels of target and ``unlabeled`` training images are not looked for; their pseudo labels are, those that are
    named or were last made in the work dir. Test data that are those of the validation, or images of the target without
    labels, are left out.

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
        for number, (leaf, wrapper) in enumerate(leaves, 1):
            called = 'labeled' if wrapper and name == 'source' else name
            called += '' if len(leaves) == 1 else f' {number}'
            split = _split(called, leaf, name in _UNLABELED or wrapper is not None)
            if wrapper and split.entries:
                add_pseudo_labels(split, wrapper, last_store(config))
            if name != 'test' or not any(_adds_nothing(split, other) for other in splits):
                splits.append(split)
    if not splits:
        raise ValueError(
            f'{config.filename}: there are no data: expected train_dataloader, val_dataloader or test_dataloader with '
            'a dataset'
        )
    return splits


def _adds_nothing(test: Split, other: Split) -> bool:
    """Whether test data are those of the validation, or unlabeled images of the target, which testing then predicts."""
    if other.domain == 'target':
        images = [{entry['img_path'] for entry in split.entries} for split in (test, other)]
        return images[0] == images[1] and not any('seg_map_path' in entry for entry in test.entries)
    messages = [[(finding.kind, finding.message) for finding in split.findings] for split in (test, other)]
    return other.domain == 'validation' and test.entries == other.entries and messages[0] == messages[1]


def _datasets(config: Config) -> Iterator[tuple[str, dict]]:
    training = (config.get('train_dataloader') or {}).get('dataset') or {}
    parts = [(name, training[name]) for name in _PARTS if training.get(name) is not None]
    yield from parts or ([('source', training)] if training else [])
    for name, key in (('validation', 'val_dataloader'), ('test', 'test_dataloader')):
        dataset = (config.get(key) or {}).get('dataset')
        if dataset:
            yield name, dataset


def _leaves(config: dict, wrapper: dict | None = None) -> Iterator[tuple[dict, dict | None]]:
    """Yield the configs of the data sets that hold the images, and that which gives them pseudo labels, if any."""
    if 'dataset' in config:
        pseudo = str(config.get('type')).split('.')[-1] == 'PseudoLabelDataset'
        yield from _leaves(config['dataset'], config if pseudo else wrapper)
    elif 'datasets' in config:
        for part in config['datasets']:
            yield from _leaves(part, wrapper)
    else:
        yield config, wrapper


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
    if unlabeled:
        return split
    if dataset.reduce_zero_label:
        _reduce_zero_label(split, config)
    _add_depth(split, config)
    if not any('seg_map_path' in entry for entry in split.entries):
        severity, advice = ('error', 'training needs them') if name.startswith('source') else ('warning', 'no IoU')
        message = f'no image has a label ({advice}): give the data set seg_map_path in data_prefix'
        split.findings.append(Finding(severity, 'missing', name, message))  # type: ignore[arg-type]
    return split


def _reduce_zero_label(split: Split, config: dict) -> None:
    """Read labels as MMSegmentation's ``LoadAnnotations`` does: 0 is ignored, all others are one less."""
    lookup = split.label_format.lookup.copy()
    lookup[lookup == 0] = IGNORE_INDEX
    lookup[lookup != IGNORE_INDEX] -= 1
    split.label_format = LabelFormat(split.label_format.decoder, lookup)
    if 'LoadLabelIds' in transform_names(config.get('pipeline', [])):
        message = (
            'LoadLabelIds refuses reduce_zero_label=True of the data set: give it a LABEL_FORMAT whose table leaves '
            'id 0 out, see docs/get_started.md'
        )
        split.findings.append(Finding('error', 'pipeline', split.name, message))


def _add_depth(split: Split, config: dict) -> None:
    """Name the depth of each image, where the pipeline loads it."""
    loads = [part for part in dicts_in(config.get('pipeline', [])) if part.get('type') == 'LoadDepth']
    if not loads:
        return
    try:
        load = TRANSFORMS.build(loads[0])
        for entry in split.entries:
            entry['planes'] = {'depth': (DEPTH, str(load.path(entry['img_path'])))}
    except (KeyError, TypeError) as error:
        split.findings.append(Finding('error', 'depth', split.name, str(error.args[0])))


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
