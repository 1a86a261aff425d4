"""Target images with labels from a pseudo-label store."""
import os.path as osp

from mmengine.dataset import Compose
from mmseg.registry import DATASETS

from mmuda.datasets.label_maps import train_ids
from mmuda.datasets.unlabelled import build_unlabelled


@DATASETS.register_module()
class PseudoLabelDataset:
    """Images of any data set, labels from a folder of pseudo labels.

    The label of the image with path ``p`` relative to the data set's image folder is ``<store>/<p>`` with the
    suffix ``.png``: 8 bit, one channel, training ids; values from the number of classes upwards are ignored.
    The pipeline reads it with ``LoadLabelIds``, soft labels with ``PackSoftLabels``. The data set itself is built
    without its labels.

    Args:
        dataset (dict): Config of the data set with the images; its pipeline is not used.
        pipeline (list): Transforms of a labelled pipeline.
        store (str, optional): Folder of the labels. Nothing needs to exist at construction; the attribute
            ``store`` can be set later, which ``PseudoLabelHook`` does. Defaults to None.
    """

    def __init__(self, dataset: dict, pipeline: list, store: str | None = None) -> None:
        self.dataset = build_unlabelled({key: value for key, value in dataset.items() if key != 'pipeline'})
        if 'img_path' not in getattr(self.dataset, 'data_prefix', {}):
            raise ValueError(f'PseudoLabelDataset: {type(self.dataset).__name__} has no image folder of its '
                             "own (data_prefix['img_path']); give a plain data set, not a wrapper")
        self.pipeline = Compose(pipeline)
        self.store = store
        self._label_format = train_ids(len(self.metainfo['classes']))

    @property
    def metainfo(self) -> dict:
        """Meta information (classes, palette) of the data set with the images."""
        return self.dataset.metainfo

    def full_init(self) -> None:
        """Nothing to do: the data set is initialised in the constructor."""

    def __len__(self) -> int:
        return len(self.dataset)

    def image_path(self, index: int) -> str:
        """Path of an image."""
        return self.dataset.get_data_info(index)['img_path']

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
                'give store=<folder>.')
        return osp.join(self.store, osp.splitext(self.relative_path(index))[0] + '.png')

    def __getitem__(self, index: int) -> dict:
        """Load an image with its pseudo label through the pipeline.

        Raises:
            RuntimeError: If no store is set.
            FileNotFoundError: If the label is not in the store.
        """
        label_path = self.label_path(index)
        if not osp.isfile(label_path):
            raise FileNotFoundError(
                f'PseudoLabelDataset: pseudo label {label_path} of image {self.image_path(index)} is '
                'missing. PseudoLabelHook makes the labels of a store; let it run (again) before training.')
        info = self.dataset.get_data_info(index)
        info.update(
            seg_map_path=label_path,
            label_format=self._label_format,
            label_map=None,
            pseudo_label_store=self.store,
            pseudo_label_name=self.relative_path(index))
        return self.pipeline(info)
