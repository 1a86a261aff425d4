"""Class subsets over which papers report the mIoU.

A protocol only selects which classes are averaged. The pixels of the other classes stay in the
confusion matrix: predicting a listed class on them counts as a false positive.
"""

from collections.abc import Sequence

from mmuda.datasets.classes import CLASS_LISTS

PROTOCOLS: dict[str, tuple[str, ...]] = {name: CLASS_LISTS[name] for name in ('cityscapes19', 'synthia16', 'synthia13')}


def protocol_indices(key: str, protocol: str | Sequence[int] | Sequence[str], classes: list[str]) -> list[int]:
    """Indices of a protocol's classes.

    Args:
        key (str): The protocol's name in the config, for error messages.
        protocol (str | Sequence): A name of :data:`PROTOCOLS`, 'all', or a list of class names or indices.
        classes (list[str]): All classes of the data set, in the order of their indices.

    Returns:
        list[int]: In [0, len(classes)).

    Raises:
        ValueError: If the protocol is empty, unknown, repeats a class or names one that is not there.
    """
    where = f'UDAIoUMetric: protocols[{key!r}]'
    if protocol == 'all':
        return list(range(len(classes)))
    if isinstance(protocol, str):
        if protocol not in PROTOCOLS:
            raise ValueError(
                f"{where}={protocol!r} is unknown, expected 'all', one of {sorted(PROTOCOLS)} "
                'or a list of class names or indices'
            )
        protocol = list(PROTOCOLS[protocol])
    names = {name: index for index, name in enumerate(classes)}
    indices = []
    for entry in protocol:
        index = names.get(entry) if isinstance(entry, str) else entry
        if index is None or not 0 <= index < len(classes):
            raise ValueError(f'{where}: {entry!r} is no class of this data set, which has {list(classes)}')
        indices.append(index)
    if not indices or len(set(indices)) < len(indices):
        raise ValueError(f'{where}={protocol!r} must list at least one class and each only once')
    return indices
