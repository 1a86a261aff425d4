"""Labeling of images by one model."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import mmcv
import numpy as np
import torch
from torch import Tensor, nn

from mmuda.pseudo_labels.label_images import label_images
from mmuda.pseudo_labels.labelers.labeler import Labeler
from mmuda.pseudo_labels.predictors.cached_logits import CachedLogits
from mmuda.pseudo_labels.predictors.predictor import Predictor
from mmuda.pseudo_labels.store import PseudoLabelStore


def fingerprint(state_dict: dict[str, Tensor]) -> str:
    """Return a hash of the names, types, shapes and values of ``state_dict`` (hexadecimal, 32 digits)."""
    digest = hashlib.sha256()
    for key in sorted(state_dict):
        value = state_dict[key].detach().cpu()
        digest.update(f'{key} {value.dtype} {tuple(value.shape)}'.encode())
        digest.update(value.reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()[:32]


def generate_pseudo_labels(
    segmentor: nn.Module,
    images: Sequence[tuple[str, str]],
    predictor: Predictor,
    labeler: Labeler,
    store: PseudoLabelStore,
    description: dict[str, Any],
    overwrite: bool = False,
    num_classes: int | None = None,
    keep_cached_logits: bool = False,
    count: bool = False,
) -> None:
    """Label images, each rank its share, continuing where an earlier call was ended.

    A labeler that reads all predictions before it labels (``num_passes``) gets them in passes. What it found is
    written to the store (``summary.json``) before the first label. A
    :class:`~mmuda.pseudo_labels.predictors.predictor.CachedPredictor` runs the network once per image: its cached
    logits are kept in the store until all images are labeled. Other predictors run once per pass.

    Args:
        segmentor (nn.Module): The labeling model, the same on all ranks; is put in evaluation mode.
        images (Sequence[tuple[str, str]]): (name within the dataset, path) of every image.
        predictor (Predictor): Image to probabilities.
        labeler (Labeler): Probabilities to labels.
        store (PseudoLabelStore): Where they go; a folder that all ranks see.
        description (dict): What makes the labels, see :meth:`PseudoLabelStore.open`.
        overwrite (bool): See there.
        num_classes (int, optional): Of the probabilities; needed by labelers with passes.
        keep_cached_logits (bool): Keep the cached logits, for soft labels. Needs a predictor that has them. Defaults to
            False.
        count (bool): See :func:`~mmuda.pseudo_labels.label_images.label_images`. Defaults to False.

    Raises:
        ValueError: If the store holds other labels, there are no images, or two of them share a name.
        OSError: If an image cannot be read or a file not be written; what is labeled is kept.
    """
    if keep_cached_logits and predictor.cached() is None:
        raise ValueError(
            f'soft labels need a predictor whose logits can be kept, got {type(predictor).__name__}: use '
            'LogitMapPredictor or SoftmaxMapPredictor'
        )
    predictions = ModelPredictions(
        segmentor.eval(), predictor, store, keep=keep_cached_logits or labeler.num_passes > 0
    )
    label_images(images, predictions, labeler, store, description, overwrite, num_classes, keep_cached_logits, count)


class ModelPredictions:
    """Probabilities (C, H, W) of images at their size by one model, from cached logits where there are any.

    Args:
        segmentor (nn.Module): The model, in evaluation mode.
        predictor (Predictor): Image to probabilities.
        store (PseudoLabelStore): Where cached logits are kept.
        keep (bool): Whether they are, if the predictor is a ``CachedPredictor``.
        folder (str): Of the cached logits within the store's. Defaults to none.
        read (Callable, optional): Path to image. Defaults to :func:`read_image`.
    """

    def __init__(
        self,
        segmentor: nn.Module,
        predictor: Predictor,
        store: PseudoLabelStore,
        keep: bool,
        folder: str = '',
        read: Callable[[str], np.ndarray] | None = None,
    ) -> None:
        self.segmentor = segmentor
        self.predictor = predictor
        self.store = store
        self.cache = predictor.cached() if keep else None
        self.folder = folder
        self.read = read or read_image
        parameter = next(segmentor.parameters(), None)
        self.device = torch.device('cpu') if parameter is None else parameter.device

    @torch.no_grad()
    def __call__(self, name: str, path: str) -> Tensor:
        """Return the probabilities of the image ``name`` of the file ``path``.

        Raises:
            ValueError: If they are not all finite.
        """
        probabilities = self._predict(name, path)
        if not probabilities.sum().isfinite():
            raise ValueError(
                f'the probabilities predicted for image {path} contain NaN or infinite values: the '
                'labeling model has diverged, or its checkpoint is damaged. Label with an earlier '
                'checkpoint of it'
            )
        return probabilities

    def _predict(self, name: str, path: str) -> Tensor:
        if self.cache is None:
            return self.predictor(self.segmentor, self.read(path), name).to(self.device)
        self.encode(name, path)
        encoded, size, layout = self.store.read_cached_logits(str(Path(self.folder, name)))
        cached = CachedLogits.from_layout(torch.from_numpy(encoded).to(self.device), layout)
        return self.cache.decode(cached, size).to(self.device)

    @torch.no_grad()
    def encode(self, name: str, path: str) -> None:
        """Make the cached logits of an image, if they are kept and not there."""
        key = str(Path(self.folder, name))
        if self.cache is not None and not self.store.has_cached_logits(key):
            image = self.read(path)
            cached = self.cache.encode(self.segmentor, image, name)
            self.store.write_cached_logits(key, cached.values.cpu().numpy(), image.shape[:2], cached.layout)


def read_image(path: str) -> np.ndarray:
    """Return an image (H, W, 3), BGR, read as training does: by Pillow, which refuses truncated files.

    Raises:
        OSError: If it is damaged or missing.
    """
    try:
        return mmcv.imread(path, backend='pillow')
    except Exception as error:  # Pillow raises OSError, SyntaxError, ValueError, ... for damaged files
        raise OSError(
            f'cannot read image {path} ({error}): repair or fetch it again and start again; the images '
            'labeled so far are kept'
        ) from error
