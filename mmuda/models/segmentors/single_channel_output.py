"""Outputs of a head that are one number per pixel, such as depth."""

from torch import Tensor

from mmuda.models.segmentors.step import Step


def single_channel_output(step: Step, view: str, name: str) -> Tensor:
    """An output (N, 1, h, w) of the student's head for ``view``.

    Raises:
        ValueError: If the head does not give it, or it has more channels.
    """
    outputs = step.outputs(view)
    value = outputs.get(name)
    if value is None or value.ndim != 4 or value.shape[1] != 1:
        given = {key: tuple(output.shape) for key, output in outputs.items()}
        raise ValueError(
            f'the head gives no output {name!r} with one channel, it gives {given}: choose a decode head that does, '
            'such as DepthFusionHead, CrossTaskHead or DensityHead, or correct the name in the objective'
        )
    return value
