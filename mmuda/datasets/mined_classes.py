"""Telling the crops of a data set which classes to look for."""

from collections.abc import Iterator, Sequence
from typing import Any

# Where data sets, pipelines and transforms keep the parts that they are made of.
_PARTS = ('dataset', 'datasets', 'source', 'target', 'pipeline', 'transforms')


def set_mined_classes(dataset: Any, mine_ids: Sequence[int], priority_ids: Sequence[int] = ()) -> None:
    """Set the mined classes of every crop in the pipelines of a built data set.

    Crops are all transforms with the attribute ``mine_ids``, such as ``RareClassCrop`` and ``CenteredMiningCrop``.
    Wrappers and nested transforms are followed down; give ``uda_dataset.target`` to leave the source as it is.

    Worker processes hold a copy of the data set: call this before the workers start, and start persistent
    workers again (``UDATrainLoop.restart_data``).

    Args:
        dataset (BaseDataset or wrapper): The data set.
        mine_ids (Sequence[int]): Mined classes, in the order of the draws.
        priority_ids (Sequence[int]): Classes that go before them. Crops without such classes do not see them.
            Defaults to ().

    Raises:
        ValueError: If the data set has no such crop, or a class is no training id.
    """
    for index in (*mine_ids, *priority_ids):
        if not 0 <= index < 255:
            raise ValueError(f'class {index} cannot be mined: expected training ids in 0..254')
    crops = [part for part in walk_parts(dataset) if hasattr(part, 'mine_ids')]
    if not crops:
        raise ValueError(
            f'{type(dataset).__name__} has no crop that mines classes: put RareClassCrop or '
            'CenteredMiningCrop into its pipeline'
        )
    for crop in crops:
        crop.mine_ids = tuple(int(index) for index in mine_ids)
        if hasattr(crop, 'priority_ids'):
            crop.priority_ids = tuple(int(index) for index in priority_ids)


def mine_rare_classes(dataset: Any, labels: dict[str, Any]) -> None:
    """Let the crops look for the classes that are rare in a round's labels; pipelines without such crops stay as is.

    Args:
        dataset (BaseDataset or wrapper): The data set.
        labels (dict): Summary of the store with the labels. Without ``smallest_classes`` nothing is done.
    """
    if 'smallest_classes' not in labels or not has_mined_crops(dataset):
        return
    # CRST mines all classes of a small share and has no use for the smallest.
    mined = labels['priority_classes' if labels['sampling'] == 'crst' else 'smallest_classes']
    set_mined_classes(dataset, mined, labels['priority_classes'])


def has_mined_crops(dataset: Any) -> bool:
    """Whether the pipelines of a built data set have crops that mine classes."""
    return any(hasattr(part, 'mine_ids') for part in walk_parts(dataset))


def walk_parts(part: Any) -> Iterator[Any]:
    """Yield a built data set and all data sets, pipelines and transforms that it is made of."""
    if isinstance(part, (list, tuple)):
        for child in part:
            yield from walk_parts(child)
    elif hasattr(part, '__dict__'):
        yield part
        for name in _PARTS:
            yield from walk_parts(vars(part).get(name))
