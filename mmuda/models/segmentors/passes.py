"""Forward passes of one network in training, each made once."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cached_property

from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from mmuda.models.losses.precision import at_least_float32
from mmuda.models.segmentors.student import apply_heads, extract_features


class Pass:
    """A batch of images on its way through a network.

    Args:
        network (nn.Module): A segmentor of MMSegmentation.
        images (Tensor): (N, 3, H, W), preprocessed.
        moves_statistics (bool): Whether the pass moves the running statistics of BatchNorm. Defaults to True.
    """

    def __init__(self, network: nn.Module, images: Tensor, moves_statistics: bool = True) -> None:
        self.network = network
        self.images = images
        self.moves_statistics = moves_statistics

    @cached_property
    def features(self) -> Sequence[Tensor]:
        """Sequence[Tensor]: Feature maps (N, C_k, H_k, W_k) of backbone and neck."""
        with self._statistics():
            return extract_features(self.network, self.images)

    @cached_property
    def outputs(self) -> dict[str, Tensor]:
        """dict[str, Tensor]: What the heads give, by name; in float32 also under mixed precision.

        So all that follows, resizing, probabilities and losses, is computed in float32 on every device: autocast of
        CUDA would see to most of it, that of the CPU would not.
        """
        features = self.features
        with self._statistics():
            outputs = apply_heads(self.network, features, self.images)
        return {name: at_least_float32(value) for name, value in outputs.items()}

    def _statistics(self) -> AbstractContextManager[None]:
        return nullcontext() if self.moves_statistics else frozen_statistics(self.network)


@contextmanager
def frozen_statistics(module: nn.Module) -> Iterator[None]:
    """Keep the running statistics of every BatchNorm; batches are normalized as before."""
    norms = [norm for norm in module.modules() if isinstance(norm, _BatchNorm)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.momentum = 0.0
    try:
        yield
    finally:
        for norm, momentum in zip(norms, momenta):
            norm.momentum = momentum
