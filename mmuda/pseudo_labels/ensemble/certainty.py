"""Certainties of teachers as bytes: percent, rounded down."""

from torch import Tensor

HIGHEST = 100


def certainty_bytes(probabilities: Tensor) -> Tensor:
    """Return floor(100 p), computed in float32, as published ensembles store their certainties.

    Args:
        probabilities (Tensor): p, of any shape, in 0..1; after the resizing to the image.

    Returns:
        Tensor: uint8, 0..100, of the same shape.

    Raises:
        ValueError: If values are NaN or outside of 0..1.

    Example:
        >>> certainty_bytes(torch.tensor([0.9, 0.899999, 0.905, 1.]))
        tensor([ 90,  89,  90, 100], dtype=torch.uint8)
    """
    if probabilities.numel():
        low, high = (value.item() for value in probabilities.aminmax())
        if not (low >= 0 and high <= 1 + 1e-5):  # NaN compares false
            raise ValueError(
                f'expected probabilities in 0..1, got {low:g}..{high:g}: the teacher has diverged, its '
                'checkpoint is damaged, or these are logits'
            )
    return (probabilities.float() * HIGHEST).byte()


def certainties_of_bytes(stored: Tensor, dim: int = -3) -> Tensor:
    """Return certainties that sum to 100 over the classes of each pixel again.

    Args:
        stored (Tensor): Bytes, 0..100, with the classes on the axis ``dim``.
        dim (int): Defaults to -3: (..., C, H, W).

    Returns:
        Tensor: float32, of the same shape; 0 where all bytes of a pixel are 0.
    """
    stored = stored.float()
    return stored / stored.sum(dim, keepdim=True).clamp_min_(1) * HIGHEST


def check_certainties(certainties: Tensor, source: str) -> None:
    """Raise a ValueError if certainties are not on the scale 0..100.

    A pixel has at least 100 / C percent for one of its classes. So a map whose highest value is not above 1 is on the
    scale 0..1. Any part of a map that has all classes of some pixels will do.

    Args:
        certainties (Tensor): (C, ...), of any type.
        source (str): File or teacher for the message.
    """
    if not certainties.numel():
        return
    low, high = (value.item() for value in certainties.aminmax())
    if not (low >= 0 and high <= HIGHEST):
        raise ValueError(f'{source}: certainties of {low:g}..{high:g}, expected 0..100')
    if high <= 1:
        raise ValueError(
            f'{source}: certainties of {low:g}..{high:g}, expected 0..100. They seem to be on the scale '
            '0..1: store floor(100 p) as bytes'
        )
