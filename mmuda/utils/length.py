"""Points in training, given as iterations or as shares of its length."""

from dataclasses import dataclass

LARGEST_SHARE = 20.0


@dataclass(frozen=True)
class TrainingLength:
    """How long training is, and which setting says so.

    A point in training is an integer, a number of iterations, or a float, a share of the length: ``0.5`` is its
    middle, ``1.0`` its end, ``1`` the end of its first iteration. With shares one number changes the length.

    Args:
        iterations (int): All iterations of the run, the rounds of self-training taken together.
        key (str): The setting, for errors.

    Example:
        >>> TrainingLength(25000).point(0.6, 'begin')
        15000
    """

    iterations: int
    key: str = 'train_cfg.max_iters'

    def __str__(self) -> str:
        return f'{self.key}={self.iterations}'

    def point(self, value: int | float, key: str, largest: float = 1.0) -> int:
        """Return the iteration that ``value`` is.

        Args:
            value (int | float): Iterations, or a share of the length.
            key (str): Its setting, for errors.
            largest (float): Largest share; above 1 for what may last longer than training, such as a schedule.

        Raises:
            ValueError: If it is negative, or a share larger than ``largest``.
        """
        if value < 0 or (isinstance(value, float) and not value <= largest):
            raise ValueError(
                f'{key}={value}: expected iterations (an integer >= 0) or a share of training (a float '
                f'from 0 to {largest:g})'
            )
        return round(value * self.iterations) if isinstance(value, float) else value
