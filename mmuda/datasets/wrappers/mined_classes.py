"""The classes that crops look for, as data of each sample."""

from collections.abc import Callable, Sequence
from typing import Any


class MinedClasses:
    """First transform of the pipelines of a pool: says in each sample which classes crops look for.

    Added keys, as long as classes are set: ``mine_ids`` and ``priority_ids``, tuples of training ids, for
    ``RareClassCrop`` and ``CenteredMiningCrop``.

    Worker processes hold a copy of it: set the classes before the workers start, and start persistent workers again
    (``UDATrainLoop.restart_data``).
    """

    def __init__(self) -> None:
        self._added: dict[str, tuple[int, ...]] = {}

    def set(self, mine_ids: Sequence[int] = (), priority_ids: Sequence[int] = ()) -> None:
        """Set the classes of the samples to come.

        Args:
            mine_ids (Sequence[int]): Mined classes, in the order of the draws. Defaults to (): none.
            priority_ids (Sequence[int]): Classes that go before them. Defaults to ().

        Raises:
            ValueError: If a class is no training id.
        """
        for index in (*mine_ids, *priority_ids):
            if not 0 <= index < 255:
                raise ValueError(f'class {index} cannot be mined: expected training ids in 0..254')
        self._added = dict(mine_ids=tuple(map(int, mine_ids)), priority_ids=tuple(map(int, priority_ids)))

    def __call__(self, results: dict[str, Any]) -> dict[str, Any]:
        """Add the classes to a sample."""
        results.update(self._added)
        return results


def with_first_transform(config: dict[str, Any], transform: Callable[[dict], dict]) -> dict[str, Any]:
    """Return the config of a data set whose pipelines begin with ``transform``.

    Args:
        config (dict): Config of the data set. Wrappers with ``dataset`` or ``datasets`` (``RepeatDataset``,
            ``ConcatDataset``) are followed down.
        transform (Callable): Goes before the pipeline's own transforms.
    """
    config = dict(config)
    if 'pipeline' in config:
        config['pipeline'] = [transform, *config['pipeline']]
    if 'dataset' in config:
        config['dataset'] = with_first_transform(config['dataset'], transform)
    if 'datasets' in config:
        config['datasets'] = [with_first_transform(part, transform) for part in config['datasets']]
    return config
