"""The labelling engine: target images in, a complete store out."""
import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import mmcv
import numpy as np
import torch
from mmengine.dist import barrier, get_rank, get_world_size, is_main_process
from mmengine.utils import ProgressBar
from torch import Tensor, nn

from mmuda.pseudo_labels.store import PseudoLabelStore


def fingerprint(state_dict: dict[str, Tensor]) -> str:
    """Return a hash of the names, types, shapes and values of ``state_dict`` (hexadecimal, 32 digits)."""
    digest = hashlib.sha256()
    for key in sorted(state_dict):
        value = state_dict[key].detach().cpu()
        digest.update(f'{key} {value.dtype} {tuple(value.shape)}'.encode())
        digest.update(value.reshape(-1).view(torch.uint8).numpy().tobytes())
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
        segmentor (nn.Module): The labelling model, the same on all ranks; is put in evaluation mode.
        images (Sequence[tuple[str, str]]): (name within the dataset, path) of every image.
        predictor (Callable): (segmentor, BGR image (H, W, 3) uint8) to probabilities (C, H, W).
        labeler (Callable): Probabilities to labels and confidences (H, W).
        store (PseudoLabelStore): Where they go; a folder that all ranks see.
        description (dict): What makes the labels, see :meth:`PseudoLabelStore.open`.
        overwrite (bool): See there.

    Raises:
        ValueError: If the store holds other labels, there are no images, or two of them share a name.
        OSError: If an image cannot be read or a file not be written; what is labelled is kept.
    """
    if not images:
        raise ValueError('there are no images to label: look at the data root of the pseudo-labelled dataset')
    names = sorted(name for name, _ in images)
    store.check_names(names)
    description = dict(
        description, num_images=len(names), images=hashlib.sha256('\n'.join(names).encode()).hexdigest()[:32])
    if is_main_process():
        store.open(description, overwrite)
    barrier()
    manifest = store.manifest()
    if manifest is None:
        raise FileNotFoundError(f'rank {get_rank()} does not see {store.root}, which rank 0 has just made: the '
                                'store must lie in a folder that all ranks share')
    pending = [image for image in images if not store.has(image[0])]
    barrier()  # every rank has the same list before the first file is written
    _label(segmentor, pending[get_rank()::get_world_size()], predictor, labeler, store)
    barrier()
    if is_main_process() and not manifest['complete']:
        store.finish()
    barrier()


@torch.no_grad()
def _label(segmentor: nn.Module, images: Sequence[tuple[str, str]], predictor: Callable, labeler: Callable,
           store: PseudoLabelStore) -> None:
    if not images:
        return
    segmentor.eval()
    progress = ProgressBar(len(images)) if is_main_process() else None
    for name, path in images:
        label, confidence = labeler(predictor(segmentor, _read(path)))
        store.write(name, label.cpu().numpy(), confidence.float().cpu().numpy())
        if progress is not None:
            progress.update()
    if progress is not None:
        print()  # ends the line of the progress bar


def _read(path: str) -> np.ndarray:
    """Read an image as training does: by Pillow, which refuses truncated files."""
    try:
        return mmcv.imread(path, backend='pillow')
    except Exception as error:  # Pillow raises OSError, SyntaxError, ValueError, ... for damaged files
        raise OSError(f'cannot read image {path} ({error}): mend or fetch it again and start again; the images '
                      'labelled so far are kept') from error
