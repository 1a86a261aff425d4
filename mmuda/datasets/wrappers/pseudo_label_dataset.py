"""Target images with labels from a pseudo-label store."""

import functools
import os
import os.path as osp

from mmengine.dataset import BaseDataset, Compose
from mmseg.registry import DATASETS

from mmuda.datasets.files.label_files import read_label_ids
from mmuda.datasets.label_maps import IGNORE_INDEX, train_ids
from mmuda.datasets.wrappers.dataset_wrapper import DatasetWrapper
from mmuda.datasets.wrappers.unlabeled import build_unlabeled
from mmuda.pseudo_labels.planes import LABEL, Plane
from mmuda.pseudo_labels.store import PseudoLabelStore


@DATASETS.register_module()
class PseudoLabelDataset(DatasetWrapper):
    """Images of any data set, labels from a folder of pseudo labels.

    The label of the image with path ``p`` relative to the data set's image folder is ``<store>/<p>`` with the
    suffix ``.png``: 8 bit, one channel, training ids; values from the number of classes upwards are ignored.
    The pipeline reads it with ``LoadLabelIds``, what else the store has (its planes) with ``LoadPlanes``, soft labels
    with ``PackSoftLabels``. The data set itself is built without its labels.

    With ``flat`` the labels are files made elsewhere, such as the fused labels that the authors of ensemble
    distillation publish (Chao et al., CVPRW 2021): ``<store>/<name of the image>.png``, without the image's folders.

    Args:
        dataset (dict): Config of the data set with the images; its pipeline is not used.
        pipeline (list): Transforms of a labeled pipeline.
        store (str, optional): Folder of the labels. Nothing needs to exist at construction; the attribute
            ``store`` can be set later, which ``PseudoLabelHook`` does. Defaults to None.
        flat (bool): The labels lie in ``store`` side by side and are all there. Defaults to False.

    Raises:
        ValueError: If the images have no folder of their own; with ``flat``, if there is no ``store``, two images
            share a label file, or the first label holds ids that are no training ids.
        FileNotFoundError: With ``flat``, if the folder or labels in it are missing.
    """

    def __init__(self, dataset: dict, pipeline: list, store: str | None = None, flat: bool = False) -> None:
        super().__init__(build_unlabeled({key: value for key, value in dataset.items() if key != 'pipeline'}))
        if not isinstance(self.dataset, BaseDataset) or 'img_path' not in self.dataset.data_prefix:
            raise ValueError(
                f'PseudoLabelDataset: {type(self.dataset).__name__} has no image folder of its '
                "own (data_prefix['img_path']); give a plain data set, not a wrapper"
            )
        self.pipeline = Compose(pipeline)
        self.store = store
        self.flat = flat
        self._label_format = train_ids(len(self.metainfo['classes']))
        if flat:
            self._check_labels()

    def image_path(self, index: int) -> str:
        """Path of an image."""
        return self.get_data_info(index)['img_path']

    def relative_path(self, index: int) -> str:
        """Path of an image relative to the image folder, which names its label in the store."""
        return osp.relpath(self.image_path(index), self.dataset.data_prefix['img_path'])

    def label_path(self, index: int) -> str:
        """Path of the pseudo label of an image.

        Raises:
            RuntimeError: If no store is set.
        """
        if self.store is None:
            raise RuntimeError(
                f'PseudoLabelDataset: there are no pseudo labels for {self.dataset.data_prefix["img_path"]}: '
                'store is not set. PseudoLabelHook makes them before training; add it to custom_hooks, or '
                'give store=<folder>.'
            )
        name = self.relative_path(index)
        return osp.join(self.store, osp.splitext(osp.basename(name) if self.flat else name)[0] + '.png')

    def plane_files(self, index: int) -> dict[str, tuple[Plane, str]]:
        """Kind and path of what the store has beside the label of an image, by name.

        Raises:
            ValueError: If the store is of other classes.
        """
        if self.flat or self.store is None:
            return {}
        manifest = osp.join(self.store, PseudoLabelStore.MANIFEST)
        planes, classes = _contents(self.store, os.stat(manifest).st_mtime_ns if osp.isfile(manifest) else 0)
        if classes not in (None, tuple(self.metainfo['classes'])):
            raise ValueError(
                f'PseudoLabelDataset: the pseudo labels {self.store} are of the classes {classes}, the data set has '
                f'{tuple(self.metainfo["classes"])}: name the store of these classes, or label again'
            )
        name = self.relative_path(index)
        return {plane.name: (plane, str(plane.path(self.store, name))) for plane in planes if plane.name != LABEL.name}

    def __getitem__(self, index: int) -> dict:
        """Load an image with its pseudo label through the pipeline.

        Raises:
            RuntimeError: If no store is set.
            FileNotFoundError: If the label is not in the store.
            ValueError: If the store is of other classes.
        """
        label_path = self.label_path(index)
        if not osp.isfile(label_path):
            raise FileNotFoundError(
                f'PseudoLabelDataset: pseudo label {label_path} of image {self.image_path(index)} is '
                'missing. PseudoLabelHook makes the labels of a store; let it run (again) before training.'
            )
        info = self.get_data_info(index)
        info.update(
            seg_map_path=label_path,
            label_format=self._label_format,
            label_map=None,
            pseudo_label_store=self.store,
            pseudo_label_name=self.relative_path(index),
            plane_files=self.plane_files(index),
        )
        return self.pipeline(info)

    def _check_labels(self) -> None:
        """Check labels that nobody will make: one of its own for every image, of training ids."""
        if self.store is None or not osp.isdir(self.store):
            raise FileNotFoundError(
                f'PseudoLabelDataset: there is no folder of labels {self.store!r}. With flat=True '
                'the labels exist already: give store=<folder with IMAGE.png>'
            )
        paths = [self.label_path(index) for index in range(len(self))]
        repeated = {path: index for index, path in enumerate(paths)}
        if len(repeated) < len(paths):
            first = next(index for index, path in enumerate(paths) if repeated[path] != index)
            raise ValueError(
                f'PseudoLabelDataset: the images {self.relative_path(first)!r} and '
                f'{self.relative_path(repeated[paths[first]])!r} would share the label {paths[first]}: '
                'flat=True is for images of different names'
            )
        present = set(os.listdir(self.store))
        missing = [path for path in paths if osp.basename(path) not in present]
        if missing:
            raise FileNotFoundError(
                f'PseudoLabelDataset: {len(missing)} of {len(paths)} images have no label, the first are missing at '
                f'{missing[:3]}. Bring the files, or list the images that have labels in ann_file of the data set'
            )
        num_classes = len(self.metainfo['classes'])
        ids = set(read_label_ids(paths[0], 'index').flat) - {*range(num_classes), IGNORE_INDEX}
        if ids:
            raise ValueError(
                f'PseudoLabelDataset: the label {paths[0]} holds {sorted(map(int, ids))}, expected '
                f'training ids below {num_classes} and {IGNORE_INDEX}: are these ids of the published '
                'data set, or of another list of classes?'
            )


@functools.lru_cache(maxsize=4)
def _contents(root: str, last_change: int) -> tuple[tuple[Plane, ...], tuple[str, ...] | None]:
    """Planes and classes of a store; its manifest is read once, and again when it was written again."""
    store = PseudoLabelStore(root)
    manifest = store.manifest()
    classes = None if manifest is None else manifest['description'].get('classes')
    return store.planes, None if classes is None else tuple(classes)
