from torch import Tensor

WEIGHTINGS = ('batch', 'image', 'pixel', 'none')


def confidence_weight(confidence: Tensor, threshold: float = 0.968, weighting: str = 'batch') -> Tensor:
    """Weight of pseudo labels by how many of them are confident.

    Args:
        confidence (Tensor): (N, H, W), largest probability of each pixel, in [0, 1].
        threshold (float): A pixel is confident at or above it. Defaults to 0.968 (DACS, WACV 2021, Sec. 4.1).
        weighting (str): ``batch``: the confident share of all pixels (of this process's batch), the published form;
            ``image``: that of each image; ``pixel``: 1 where confident, else 0; ``none``: 1. Defaults to ``batch``.

    Returns:
        Tensor: (N, H, W), in [0, 1].

    Raises:
        ValueError: If ``weighting`` is another word.
    """
    if weighting not in WEIGHTINGS:
        raise ValueError(f'weighting must be one of {WEIGHTINGS}, got {weighting!r}')
    if weighting == 'none':
        return confidence.new_ones(confidence.shape)
    confident = (confidence >= threshold).to(confidence.dtype)
    if weighting == 'batch':
        confident = confident.mean()
    elif weighting == 'image':
        confident = confident.mean(dim=(1, 2), keepdim=True)
    return confident.expand(confidence.shape)
