"""How good the pseudo labels of a store are, by labels that training never saw.

    python tools/analysis_tools/pseudo_label_quality.py work_dirs/mc_dropout/gta2cs_negative/pseudo_labels \
        --labels data/cityscapes/gtFine/train [--before OTHER_STORE] [--dataset CityscapesLabelIdsDataset]

Any method's store will do. Writes quality.json and quality.png: accuracy and coverage per class, a reliability diagram
with the expected calibration error, and accuracy against coverage. All label planes of the store are looked at, such as
those before a correction (`mean_label`), and the labels of another store (`--before`), such as those of a plain
prediction. Of negative labels it writes how many classes are excluded, and how often wrongly. The confidence is the one
that the labeler stores: of `MinimumPassLabeler` the minimum over the passes, of `ClassBalancedLabeler` the highest
probability, whichever class it weights up to be the label.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import mmuda  # noqa: E402, F401  (makes the stack work: before mmseg)

# isort: split
import numpy as np  # noqa: E402
from mmengine.registry import init_default_scope  # noqa: E402
from mmengine.utils import track_iter_progress  # noqa: E402
from mmseg.registry import DATASETS  # noqa: E402

from mmuda.datasets import FolderDataset  # noqa: E402
from mmuda.datasets.files.image_files import stem_of  # noqa: E402
from mmuda.datasets.transforms.load_label_ids import read_train_ids  # noqa: E402
from mmuda.evaluation.pseudo_label_quality import ExclusionQuality, PseudoLabelQuality  # noqa: E402
from mmuda.pseudo_labels import PseudoLabelStore  # noqa: E402
from mmuda.pseudo_labels.planes import CONFIDENCE, LABEL, BitPlane, LabelPlane, Plane  # noqa: E402
from mmuda.utils.files import replace_file  # noqa: E402
from mmuda.visualization.quality import quality_figure  # noqa: E402


def open_store(root: str) -> tuple[PseudoLabelStore, list[str]]:
    """Return a store that is complete, and the names of its classes.

    Raises:
        ValueError: If it is none.
    """
    store = PseudoLabelStore(root)
    manifest = store.manifest()
    if manifest is None or not manifest['complete']:
        state = f'no {store.MANIFEST}' if manifest is None else 'a labeling that was not finished'
        raise ValueError(
            f'{root} has {state}: give the folder of a store of pseudo labels, <work dir>/pseudo_labels, or '
            '<work dir>/round_<i>/pseudo_labels, and let the run that makes it go on'
        )
    if 'classes' not in manifest['description']:
        raise ValueError(f'{store.root / store.MANIFEST} names no classes, so that its ids mean nothing: label again')
    return store, list(manifest['description']['classes'])


def labels_below(folder: str, kind: str, classes: list[str]) -> FolderDataset:
    """Return a data set of the label files below ``folder``, with ids of ``classes``.

    Raises:
        ValueError: If there is no such data set, or it does not have these classes.
    """
    cls = DATASETS.get(kind)
    if cls is None or not issubclass(cls, FolderDataset):
        raise ValueError(f'--dataset {kind}: expected a data set of mmuda that reads label files, as RobotCarDataset')
    known = cls.METAINFO.get('classes')
    if known is not None and not set(classes) <= set(known):
        raise ValueError(
            f'--dataset {kind} has the classes {list(known)}, the store {classes}: name the data set whose labels '
            'these are'
        )
    place = dict(img_path=folder, seg_map_path=folder)
    return cls(data_prefix=place, img_suffix=cls.SEG_MAP_SUFFIX, metainfo=dict(classes=tuple(classes)), pipeline=[])


def names_of(store: PseudoLabelStore) -> list[str]:
    """Return the names of the labeled images, with the suffix ``.png``.

    Raises:
        ValueError: If there are none, or others than the manifest counts.
    """
    folder = store.root / CONFIDENCE.folder
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob('*.png'))
    manifest = store.manifest()
    wanted = len(names) if manifest is None else manifest['description'].get('num_images', len(names))
    if not names or len(names) != wanted:
        raise ValueError(
            f'{folder} has {len(names)} images, expected {wanted or "some"}, those that {store.MANIFEST} counts: files '
            'were lost, let the run that makes these labels run again, or label again'
        )
    return names


def read(store: PseudoLabelStore, plane: Plane, image: str) -> np.ndarray:
    """Read a plane of an image.

    Raises:
        FileNotFoundError: If it is not there.
    """
    path = plane.path(store.root, image)
    try:
        return plane.read(path)
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f'{store.root} has no {plane.name} of the image {image} ({path}): stores that are compared are of the same '
            'images; what is missing is made when the run that makes these labels starts again'
        ) from error


def truths(store: PseudoLabelStore, dataset: FolderDataset) -> Iterator[tuple[str, np.ndarray]]:
    """Yield (name, label (H, W)) of every image of the store.

    Raises:
        FileNotFoundError: If an image has no label.
    """
    suffixes = [dataset.IMG_SUFFIX] if isinstance(dataset.IMG_SUFFIX, str) else list(dataset.IMG_SUFFIX)
    stored = [f'{suffix.rpartition(".")[0]}.png' for suffix in suffixes]
    labels = dataset.data_prefix['seg_map_path']
    infos = [dataset.get_data_info(index) for index in range(len(dataset))]
    by_stem = {
        stem_of(str(Path(info['seg_map_path']).relative_to(labels)), dataset.seg_map_suffix): info for info in infos
    }
    for name in track_iter_progress(names_of(store)):
        info = by_stem.get(stem_of(name, stored))
        if info is None:
            raise FileNotFoundError(
                f'{labels} has no label of the image {name}: --labels is the folder that has the same folders as the '
                f'images, and files that end in {dataset.seg_map_suffix!r}'
            )
        yield name, read_train_ids(info)


def compare(store: PseudoLabelStore, before: PseudoLabelStore | None, dataset: FolderDataset) -> dict[str, dict]:
    """Return a report for every kind of labels, those of the store last, and for every kind of negative ones.

    Returns:
        dict: ``labels`` and ``excluded``, each with reports by name.

    Raises:
        ValueError: If sizes of labels and pseudo labels differ.
        FileNotFoundError: If an image is missing in one of the folders.
    """
    classes = dataset.metainfo['classes']
    sources = [] if before is None else [('before', before, LABEL)]
    planes = [plane for plane in store.planes if isinstance(plane, LabelPlane)]
    sources += [(plane.name, store, plane) for plane in sorted(planes, key=lambda plane: plane.name == LABEL.name)]
    found = {name: PseudoLabelQuality(len(classes)) for name, _, _ in sources}
    negatives = [plane for plane in store.planes if isinstance(plane, BitPlane)]
    excluded = {plane.name: ExclusionQuality(len(classes)) for plane in negatives}
    for image, truth in truths(store, dataset):
        try:
            for name, owner, plane in sources:
                confidence = CONFIDENCE.steps(read(owner, CONFIDENCE, image))
                found[name].update(read(owner, plane, image), confidence, truth)
            for negative in negatives:
                excluded[negative.name].update(read(store, negative, image), truth)
        except ValueError as error:
            raise ValueError(
                f'image {image} of {store.root}: {error}; expected one size, and masks of the classes of '
                f'{store.MANIFEST}: give --labels of the same images as they were labeled, or label again'
            ) from error
    return dict(
        labels={name: quality.report(classes) for name, quality in found.items()},
        excluded={name: quality.report(classes) for name, quality in excluded.items()},
    )


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('store', help='folder of the pseudo labels')
    parser.add_argument('--labels', required=True, help='folder with the labels of the same images, as published')
    parser.add_argument('--dataset', default='CityscapesLabelIdsDataset', help='class whose label files these are')
    parser.add_argument('--before', help='another store of the same images, to compare with')
    parser.add_argument('--out', type=Path, help='folder to write to; by default <store>_quality beside the store')
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    init_default_scope('mmseg')
    try:
        store, classes = open_store(args.store)
        before, others = (None, classes) if args.before is None else open_store(args.before)
        if others != classes:
            raise ValueError(f'--before {args.before} has the classes {others}, {args.store} {classes}')
        reports = compare(store, before, labels_below(args.labels, args.dataset, classes))
    except (ValueError, OSError) as error:
        sys.exit(f'pseudo_label_quality: {error}')
    out = args.out or store.root.with_name(f'{store.root.name}_quality')
    text = json.dumps(dict(store=str(store.root), before=args.before, **reports), indent=2)
    replace_file(out / 'quality.json', lambda file: file.write(text.encode()))
    quality_figure(reports['labels'], out / 'quality.png')
    for name, report in [*reports['labels'].items(), *reports['excluded'].items()]:
        numbers = ', '.join(
            f'{key} {report[key]:.4f}' for key in ('accuracy', 'coverage', 'ece') if report.get(key) is not None
        )
        print(f'{name}: {numbers}')
    print(out)


if __name__ == '__main__':
    main()
