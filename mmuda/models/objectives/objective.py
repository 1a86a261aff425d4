"""Base class of all objectives."""

from abc import ABCMeta, abstractmethod
from collections.abc import Collection

from mmengine.model import BaseModule
from torch import Tensor

from mmuda.models.segmentors.step import Step
from mmuda.utils.length import TrainingLength


class Objective(BaseModule, metaclass=ABCMeta):
    """One term of a method.

    Args:
        name (str, optional): Prefix of its losses in the log; unique in a method, without ``loss`` in it. Defaults to
            :attr:`default_name`.
        begin (int | float): First iteration at which it acts: an integer, or a float, the share of training that is
            over by then. Defaults to 0.
        end (int | float, optional): First iteration at which it no longer acts, in the same way. Defaults to None
            (never ends).

    Attributes:
        default_name (str): Its name where none is given.
        needs_teacher (bool): Whether it calls ``step.teacher_logits``; then the run keeps a teacher.
        views (tuple[str, ...]): Views that it reads, for a check before training; empty: not checked.
        made_views (tuple[str, ...]): Views that it adds to the step.
        needs_two_classifiers (bool): Whether the student must have two classifiers, ``aux`` and ``main``.
        gives_loss (bool): Whether it returns a loss whenever it acts.
    """

    default_name = ''
    needs_teacher = False
    views: tuple[str, ...] = ()
    made_views: tuple[str, ...] = ()
    needs_two_classifiers = False
    gives_loss = True

    def __init__(self, name: str | None = None, begin: int | float = 0, end: int | float | None = None) -> None:
        super().__init__()
        name = name or self.default_name
        if not name:
            raise ValueError(f'{type(self).__name__} has no name: give it `name`, or its class a `default_name`')
        if 'loss' in name:
            raise ValueError(
                f"objective {name!r}: choose a name without 'loss': everything so named is added to the "
                'total, also what an objective only reports'
            )
        if type(begin) is type(end) and end <= begin:
            raise ValueError(f'objective {name!r} never acts: begin={begin}, end={end}')
        self.name = name
        self.begin = begin
        self.end = end
        self._acts: tuple[int, int | None] | None = None  # known without the length unless there are shares
        if not isinstance(begin, float) and not isinstance(end, float):
            self._acts = (begin, end)

    def set_length(self, length: TrainingLength) -> tuple[int, int]:
        """Say how long training is, which ``begin`` and ``end`` may be shares of.

        A ``begin`` before the end of training leaves an iteration at least, however short training is.

        Returns:
            tuple[int, int]: The first iteration at which it acts, and the first at which it no longer does.

        Raises:
            ValueError: If it would never act.
        """
        begin = length.point(self.begin, f'objective {self.name!r}: begin')
        if isinstance(self.begin, float) and self.begin < 1:
            begin = min(begin, length.iterations - 1)
        end = length.iterations if self.end is None else length.point(self.end, f'objective {self.name!r}: end')
        if begin >= min(end, length.iterations):
            raise ValueError(
                f'objective {self.name!r} can never act: begin={self.begin}, end={self.end} are iterations {begin} to '
                f'{end}, and {length}. Train longer, or give begin and end as shares of training (floats from 0 to 1)'
            )
        self._acts = (begin, None if self.end is None else end)
        return begin, min(end, length.iterations)

    def forward(self, step: Step) -> dict[str, Tensor]:
        """Return the named losses of ``step``, none outside [begin, end)."""
        if self._acts is None:
            raise RuntimeError(
                f'objective {self.name!r}: begin={self.begin}, end={self.end} are shares of training, '
                "whose length is not known: set train_cfg.type='UDATrainLoop', or call `set_length`"
            )
        begin, end = self._acts
        if step.iteration < begin or (end is not None and step.iteration >= end):
            return {}
        return self.losses(step)

    def check_classifiers(self, classifiers: Collection[str]) -> None:
        """Refuse a student that lacks a classifier; called before training.

        Raises:
            ValueError: If the student's ``classifiers`` do not suffice.
        """
        if self.needs_two_classifiers:
            check_two_classifiers(classifiers, self.name)

    @abstractmethod
    def losses(self, step: Step) -> dict[str, Tensor]:
        """Return the losses; keys that contain ``loss`` are summed into the total."""


def check_two_classifiers(classifiers: Collection[str], name: str) -> None:
    """Say why objective ``name`` cannot do without two classifiers, where there are not two."""
    if not {'aux', 'main'} <= set(classifiers):
        raise ValueError(
            f'objective {name!r} compares two classifiers, the student has {sorted(classifiers)}: give it '
            'a DualClassifierHead or an auxiliary_head'
        )


def two_classifiers(step: Step, view: str, name: str) -> tuple[Tensor, Tensor]:
    """Return the (aux, main) logits of ``view`` or say why objective ``name`` cannot have them."""
    logits = step.logits(view)
    check_two_classifiers(logits, name)
    return logits['aux'], logits['main']
