"""Base class of all objectives."""
from abc import ABCMeta, abstractmethod

from mmengine.model import BaseModule
from torch import Tensor

from mmuda.models.segmentors.step import Step


class Objective(BaseModule, metaclass=ABCMeta):
    """One term of a method.

    Args:
        name (str): Prefix of its losses in the log; unique in a method.
        begin (int): First iteration at which it acts. Defaults to 0.
        end (int, optional): First iteration at which it no longer acts. Defaults to None (never ends).

    Attributes:
        needs_teacher (bool): Whether it calls ``step.teacher_logits``; then the run keeps a teacher.
        views (tuple[str, ...]): Views that it reads, for a check before training; empty: not checked.
        made_views (tuple[str, ...]): Views that it adds to the step.
    """

    needs_teacher = False
    views: tuple[str, ...] = ()
    made_views: tuple[str, ...] = ()

    def __init__(self, name: str, begin: int = 0, end: int | None = None) -> None:
        super().__init__()
        if end is not None and end <= begin:
            raise ValueError(f'objective {name!r} never acts: begin={begin}, end={end}')
        self.name = name
        self.begin = begin
        self.end = end

    def forward(self, step: Step) -> dict[str, Tensor]:
        """Return the named losses of ``step``, none outside [begin, end)."""
        if step.iteration < self.begin or (self.end is not None and step.iteration >= self.end):
            return {}
        return self.losses(step)

    @abstractmethod
    def losses(self, step: Step) -> dict[str, Tensor]:
        """Return the losses; keys that contain ``loss`` are summed into the total."""


def two_classifiers(step: Step, view: str, name: str) -> tuple[Tensor, Tensor]:
    """Return the (aux, main) logits of ``view`` or say why objective ``name`` cannot have them."""
    logits = step.logits(view)
    if set(logits) != {'aux', 'main'}:
        raise ValueError(f'objective {name!r} compares two classifiers, the student has {sorted(logits)}: give it a '
                         'DualClassifierHead or an auxiliary_head')
    return logits['aux'], logits['main']
