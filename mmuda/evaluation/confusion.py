import numpy as np
import torch
from torch import Tensor

MAX_BYTE_CLASSES = 255


def confusion_matrix(prediction: Tensor, label: Tensor, num_classes: int, ignore_index: int = 255) -> Tensor:
    """Joint histogram of label and prediction, computed on the prediction's device.

    Only pixels whose label is a class (and not ``ignore_index``) count.

    Args:
        prediction (Tensor): Class ids, any integer type and shape.
        label (Tensor): Class ids, as many as in ``prediction``.
        num_classes (int): C.
        ignore_index (int): Label that does not count. Defaults to 255.

    Returns:
        Tensor: (C, C + 1) int64, rows = label, columns = prediction; the last column holds
        predictions outside [0, C).

    Example:
        >>> confusion_matrix(torch.tensor([0, 1, 1]), torch.tensor([0, 0, 255]), num_classes=2)
        tensor([[1, 1, 0],
                [0, 0, 0]])
    """
    if prediction.device.type == 'cpu' and num_classes <= MAX_BYTE_CLASSES:
        matrix = _count_bytes(prediction, label.cpu(), num_classes)
    else:
        matrix = _count_on_device(prediction, label.to(prediction.device), num_classes)
    if 0 <= ignore_index < num_classes:
        matrix[ignore_index] = 0
    return matrix


def _count_bytes(prediction: Tensor, label: Tensor, num_classes: int) -> Tensor:
    """One pass over 16-bit pairs: on a CPU several times faster than counting int64 indices."""
    pairs = _to_bytes(label).astype(np.uint16)
    pairs <<= 8
    pairs |= _to_bytes(prediction)
    counts = np.bincount(pairs, minlength=1 << 16).reshape(256, 256)[:num_classes]
    outside = counts[:, num_classes:].sum(1, keepdims=True)
    return torch.from_numpy(np.concatenate([counts[:, :num_classes], outside], axis=1).astype(np.int64))


def _to_bytes(ids: Tensor) -> np.ndarray:
    """Flat uint8 ids; what does not fit becomes 255, which is no class here."""
    array = ids.numpy().ravel()
    unsigned = array.view(f'u{array.itemsize}')  # negative ids become large ones
    if unsigned.max(initial=0) > 255:
        unsigned = np.where(unsigned <= 255, unsigned, 255)
    return unsigned.astype(np.uint8, copy=False)


def _count_on_device(prediction: Tensor, label: Tensor, num_classes: int) -> Tensor:
    """Scatter-add instead of ``torch.bincount``, which makes the host wait for the GPU."""
    prediction, label = prediction.flatten().long(), label.flatten().long()
    prediction = torch.where((prediction >= 0) & (prediction < num_classes), prediction, num_classes)
    size = num_classes * (num_classes + 1)
    pairs = label * (num_classes + 1) + prediction
    pairs = torch.where((label >= 0) & (label < num_classes), pairs, size)
    counts = torch.zeros(size + 1, dtype=torch.int64, device=prediction.device)
    counts.scatter_add_(0, pairs, torch.ones_like(pairs))
    return counts[:size].reshape(num_classes, num_classes + 1)
