"""What changes from round to round in self-training: portions, learning rate, source images.

Published code rounds and clamps in its own ways, the rules: ``paper`` does neither, ``cbst`` and ``crst`` follow the
code of Zou et al., ECCV 2018 and ICCV 2019.
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from mmseg.registry import TASK_UTILS

RULES = ('paper', 'cbst', 'crst')
POLICIES = ('cumulative', 'random')
DECAYS = (None, 'poly')


def handed_over(value: float) -> float:
    """The number that a sub-program of the CBST code reads: 12 significant digits of ``value``."""
    return float(f'{value:.12g}')


def _check_rule(rule: str) -> None:
    if rule not in RULES:
        raise ValueError(f'unknown rule {rule!r} of the rounds: expected one of {RULES}')


@dataclass(frozen=True)
class PortionSchedule:
    """A portion that grows by a step per round up to a maximum.

    Rules:

    - ``paper``: ``min(start + round * step, maximum)`` without accumulated rounding.
    - ``cbst``: as in the published code (Zou et al., ECCV 2018), ``if p < maximum: p += step`` in double precision,
      handed over with 12 digits. Rounding lets it pass the maximum by up to a step: 0.15 + 7 * 0.05 is below 0.5, so
      that the portion ends at 0.55.
    - ``crst``: ``p = min(p + step, maximum)`` in double precision (Zou et al., ICCV 2019).

    Args:
        start (float): Portion of round 0, in (0, 1].
        step (float): Growth per round, not negative. Defaults to 0.
        maximum (float): In [start, 1]. Defaults to 1.
        rule (str): One of ``RULES``. Defaults to ``paper``.

    Raises:
        ValueError: If a value is out of range.

    Example:
        >>> portion = PortionSchedule(start=0.2, step=0.05, maximum=0.5)
        >>> [portion(index) for index in range(3)]
        [0.2, 0.25, 0.3]
    """

    start: float
    step: float = 0.0
    maximum: float = 1.0
    rule: str = 'paper'

    def __post_init__(self) -> None:
        _check_rule(self.rule)
        if not 0 < self.start <= self.maximum <= 1:
            raise ValueError(
                f'portion of a round: start = {self.start}, maximum = {self.maximum}, expected '
                '0 < start <= maximum <= 1'
            )
        if self.step < 0:
            raise ValueError(f'portion of a round: step = {self.step}, expected a number that is not negative')

    def __call__(self, index: int) -> float:
        """The portion of round ``index``, counted from 0."""
        if self.rule == 'paper':
            return min(round(self.start + index * self.step, 12), self.maximum)
        portion = self.start
        for _ in range(index):
            if self.rule == 'crst':
                portion = min(portion + self.step, self.maximum)
            elif portion < self.maximum:
                portion += self.step
        return handed_over(portion) if self.rule == 'cbst' else portion


class RoundRates(ABC):
    """Base of the learning rates of rounds: ``train_cfg.learning_rate``, registered in ``TASK_UTILS``.

    A subclass is built with ``base=1.0`` and ``rule``, beside what the config gives, and returns factors on the rate of
    the optimizer.
    """

    @abstractmethod
    def __call__(self, index: int) -> float:
        """The learning rate of round ``index``, counted from 0."""

    def inside(self, iteration: int, length: int) -> float:
        """Factor on the rate of a round of ``length`` iterations at ``iteration``, counted from 0; here 1."""
        return 1.0


@TASK_UTILS.register_module()
@dataclass(frozen=True)
class LearningRateSchedule(RoundRates):
    """The learning rate of each round, constant inside it or decaying.

    Rules: ``cbst`` divides by sqrt(2) after each round and hands over 12 digits, ``paper`` does the same at full
    precision, ``crst`` keeps the rate.

    Args:
        base (float): Of round 0, positive. Defaults to 1e-4.
        rule (str): One of ``RULES``. Defaults to ``paper``.
        decay (str, optional): Inside a round: None keeps the rate, ``poly`` multiplies it by
            ``(1 - iteration / (span * length)) ** power``. Defaults to None.
        power (float): Of ``poly``, positive. Defaults to 0.9.
        span (float): Of ``poly``: where the rate would be 0, in lengths of a round, at least 1. Defaults to 1.
        warmup (float): Share of a round in which the factor rises linearly from ``start_factor`` to 1, in [0, 1); the
            decay is counted from the beginning of the round nevertheless, as by ``WarmupPolyLR``. Defaults to 0.
        start_factor (float): Of the warm-up, in (0, 1]. Defaults to 0.1.
        round_factor (float, optional): Of the rate from round to round, positive. Defaults to None: that of ``rule``.

    Example:
        >>> LearningRateSchedule(1e-4)(2)
        5e-05
        >>> LearningRateSchedule(1e-4, decay='poly', power=1.).inside(3, 4)
        0.25
    """

    base: float = 1e-4
    rule: str = 'paper'
    decay: str | None = None
    power: float = 0.9
    span: float = 1.0
    warmup: float = 0.0
    start_factor: float = 0.1
    round_factor: float | None = None

    def __post_init__(self) -> None:
        _check_rule(self.rule)
        if self.base <= 0:
            raise ValueError(f'learning rate of the rounds: base = {self.base}, expected a positive number')
        if self.decay not in DECAYS:
            raise ValueError(f'learning rate of the rounds: decay = {self.decay!r}, expected one of {DECAYS}')
        if self.power <= 0:
            raise ValueError(f'learning rate of the rounds: power = {self.power}, expected a positive number')
        if self.span < 1:
            raise ValueError(f'learning rate of the rounds: span = {self.span}, expected at least 1, a whole round')
        if not (0 <= self.warmup < 1 and 0 < self.start_factor <= 1):
            raise ValueError(
                f'learning rate of the rounds: warmup = {self.warmup}, start_factor = {self.start_factor}, expected a '
                'share of a round below 1 and a factor in (0, 1]'
            )
        if self.decay is None and self.span != 1:
            raise ValueError(
                f"learning rate of the rounds: span = {self.span} has no effect without decay='poly': set that, or "
                'remove it'
            )
        if not self.warmup and self.start_factor != 0.1:
            raise ValueError(
                f'learning rate of the rounds: start_factor = {self.start_factor} has no effect without warmup: set '
                'that, or remove it'
            )
        if self.round_factor is not None and self.round_factor <= 0:
            raise ValueError(
                f'learning rate of the rounds: round_factor = {self.round_factor}, expected a positive number'
            )

    def __call__(self, index: int) -> float:
        """The learning rate of round ``index``, counted from 0."""
        if self.round_factor is not None:
            return self.base * self.round_factor**index
        if self.rule == 'crst':
            return self.base
        if self.rule == 'paper':
            return self.base * 2 ** (-index / 2)
        rate = self.base
        for _ in range(index):
            rate /= math.sqrt(2)
        return handed_over(rate)

    def inside(self, iteration: int, length: int) -> float:
        """Factor on the rate of a round of ``length`` iterations at ``iteration``, counted from 0."""
        if iteration < self.warmup * length:
            return self.start_factor + (1 - self.start_factor) * iteration / (self.warmup * length)
        return (1 - iteration / (self.span * length)) ** self.power if self.decay == 'poly' else 1.0


def selection_seed(policy: str, seed: int, index: int, rule: str = 'paper') -> int:
    """Seed of the choice of source images in round ``index``.

    ``cumulative`` keeps ``seed``: each round has the images of the one before and more. ``random`` draws again: with
    the seed ``index`` by the rule ``cbst``, with ``seed + 1 + index`` else.

    Args:
        policy (str): One of ``POLICIES``.
        seed (int): Seed of the run, not negative.
        index (int): Number of the round, from 0.
        rule (str): One of ``RULES``. Defaults to ``paper``.

    Returns:
        int: For :func:`mmuda.datasets.select_images`.

    Raises:
        ValueError: If policy or rule is unknown.
    """
    _check_rule(rule)
    if policy not in POLICIES:
        raise ValueError(f'unknown policy {policy!r} for the choice of source images: expected one of {POLICIES}')
    if policy == 'cumulative':
        return seed
    return index if rule == 'cbst' else seed + 1 + index


@dataclass(frozen=True)
class SourceSchedule:
    """Which source images a round trains on, and what its crops look for: ``train_cfg.source``.

    Args:
        portion (PortionSchedule): Part of the source images in use.
        policy (str): One of ``POLICIES``, see :func:`selection_seed`. Defaults to ``cumulative``.
        seed (int): Of the choice of images. Defaults to 0.
        mine (bool): Whether rare classes are mined in source crops, too. Defaults to True.
        rule (str): One of ``RULES``. Defaults to ``paper``.

    Raises:
        ValueError: If policy or rule is unknown.
    """

    portion: PortionSchedule
    policy: str = 'cumulative'
    seed: int = 0
    mine: bool = True
    rule: str = 'paper'

    def __post_init__(self) -> None:
        self.selection_seed(0)

    def selection_seed(self, index: int) -> int:
        """Seed of the choice of images in round ``index``."""
        return selection_seed(self.policy, self.seed, index, self.rule)

    def number(self, index: int, num_images: int) -> int:
        """Number of images in use of ``num_images`` in round ``index``.

        Raises:
            ValueError: If the portion is none.
        """
        portion = self.portion(index)
        number = num_selected(num_images, portion)
        if number < 1:
            raise ValueError(f'train_cfg.source.portion: {portion} of {num_images} source images are none')
        return number


def build_schedule(kind: type, key: str, rule: str, settings: dict[str, Any]) -> Any:
    """Build a schedule of the rounds.

    Args:
        kind (type): One of the classes of this module.
        key (str): Where the settings stand in ``train_cfg``, for errors.
        rule (str): Of the rounds; ``settings`` can have one of their own.
        settings (dict): Arguments of ``kind``.

    Raises:
        ValueError: If a setting is unknown, missing or out of range.
    """
    try:
        return kind(**{'rule': rule, **settings})
    except (TypeError, ValueError) as error:
        raise ValueError(f'train_cfg.{key}: {error}') from error


def build_rates(config: dict[str, Any] | None, rule: str) -> RoundRates:
    """Build the factors on the learning rate, :class:`LearningRateSchedule` unless the config names another ``type``.

    Raises:
        ValueError: If there is no such type, or a setting is unknown or out of range.
    """
    settings = dict(config or {}, base=1.0)
    name = settings.pop('type', 'LearningRateSchedule')
    kind = TASK_UTILS.get(name)
    if kind is None or not issubclass(kind, RoundRates):
        raise ValueError(f'train_cfg.learning_rate: there is no {name!r} among the rates of rounds (RoundRates)')
    return build_schedule(kind, 'learning_rate', rule, settings)


def num_selected(num_images: int, portion: float) -> int:
    """Number of images in a portion of the source, rounded down as in the code of CBST and CRST."""
    return int(num_images * portion)


def iterations_per_epoch(num_samples: int, batch_size: int, rule: str = 'paper') -> int:
    """Number of iterations in one pass over source selection and target.

    Args:
        num_samples (int): Source and target images together.
        batch_size (int): Of all ranks together.
        rule (str): One of ``RULES``; ``cbst`` drops the last incomplete batch. Defaults to ``paper``.

    Returns:
        int: Iterations.

    Raises:
        ValueError: If there is not one batch.
    """
    _check_rule(rule)
    iterations = num_samples // batch_size if rule == 'cbst' else math.ceil(num_samples / batch_size)
    if iterations < 1:
        raise ValueError(f'{num_samples} images make no batch of {batch_size}')
    return iterations
