"""The labelling engine: target images in, a complete store out."""
import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import mmcv
import numpy as np
from mmengine.dist import barrier, get_rank, get_world_size, is_main_process
from mmengine.utils import ProgressBar
from torch import Tensor, nn

from mmuda.pseudo_labels.store import PseudoLabelStore


def fingerprint(state_dict: dict[str, Tensor]) -> str:
    """Return a hash of the names and values of ``state_dict`` (hexadecimal, 32 digits)."""
    digest = hashlib.sha256()
    for key in sorted(state_dict):
        digest.update(key.encode())
        digest.update(np.ascontiguousarray(state_dict[key].detach().cpu().numpy()).tobytes())
    return digest.hexdigest()[:32]


def generate_pseudo_labels(segmentor: nn.Module,
                           images: Sequence[tuple[str, str]],
                           predictor: Callable[[nn.Module, np.ndarray], Tensor],
                           labeler: Callable[[Tensor], tuple[Tensor, Tensor]],
                           store: PseudoLabelStore,
                           description: dict[str, Any],
                           overwrite: bool = False) -> None:
    """Label images, each rank its share, continuing where an earlier call was ended.

    Args:
        segmentor (nn.Module): The labelling model; is put in evaluation mode.
        images (Sequence[tuple[str, str]]): (name within the dataset, path) of every image.
        predictor (Callable): (segmentor, BGR image) to probabilities (C, H, W).
        labeler (Callable): Probabilities to labels and confidences (H, W).
        store (PseudoLabelStore): Where they go.
        description (dict): What makes the labels, see :meth:`PseudoLabelStore.open`.
        overwrite (bool): See there.

    Raises:
        ValueError: If the store holds other labels, or there are no images.
    """
    if not images:
        raise ValueError('there are no images to label: look at the data root of the pseudo-labelled dataset')
    names = sorted(name for name, _ in images)
    description = dict(
        description, num_images=len(names), images=hashlib.sha256('\n'.join(names).encode()).hexdigest()[:32])
    if is_main_process():
        store.open(description, overwrite)
    barrier()
    if store.open(description):
        return
    segmentor.eval()
    share = list(images)[get_rank()::get_world_size()]
    progress = ProgressBar(len(share)) if is_main_process() else None
    for name, path in share:
        if not store.has(name):
            image = mmcv.imread(path)
            if image is None:
                raise OSError(f'{path} is not a readable image: fetch it again')
            label, confidence = labeler(predictor(segmentor, image))
            store.write(name, label.cpu().numpy(), confidence.float().cpu().numpy())
        if progress is not None:
            progress.update()
    barrier()
    if is_main_process():
        print()  # behind the progress bar
        store.finish()
    barrier()
