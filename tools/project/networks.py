"""The networks that a project can have: the files of this folder's ``networks``, and where their weights are."""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import torch

FOLDER = Path(__file__).with_name('networks')
FROM_SCRATCH = 'small'
PRETRAINED = Path('pretrained')
_CHECKPOINT = re.compile(r"checkpoint=((?:\s*'[^']*')+)")


@dataclass(frozen=True)
class Network:
    """A network that all methods of a project share.

    Attributes:
        name (str): Of its backbone.
        text (str): The config file, ``_base_/network.py`` of the project.
        url (str, optional): Of the weights that it starts from; None from scratch.
        weights (Path, optional): The file of these on this machine.
    """

    name: str
    text: str
    url: str | None
    weights: Path | None


def backbones() -> list[str]:
    """Names of all networks: a file each."""
    return sorted(path.stem for path in FOLDER.glob('*.py'))


def choose_network(name: str | None) -> Network:
    """Return the network that was asked for, or else the first whose weights are on this machine, or the small one.

    Weights are looked for in ``pretrained/`` and where torch keeps what it has downloaded. Those in ``pretrained/`` are
    named by the config; torch finds the others by their address.

    Args:
        name (str, optional): One of :func:`backbones`.

    Raises:
        ValueError: If it is none.
    """
    if name is None:
        return _first_with_weights(read_network(each) for each in backbones() if each != FROM_SCRATCH)
    if name not in backbones():
        raise ValueError(f'--backbone {name}: there is none of this name; known: {", ".join(backbones())}')
    return read_network(name)


def read_network(name: str) -> Network:
    """Return a network by its name."""
    text = (FOLDER / f'{name}.py').read_text()
    match = _CHECKPOINT.search(text)
    if match is None:
        return Network(name, text, None, None)
    url = ''.join(re.findall(r"'([^']*)'", match[1]))
    weights = _weights(os.path.basename(url))
    if weights is not None and weights.parent == PRETRAINED:
        text = text.replace(match[0], f'checkpoint={weights.as_posix()!r}')
    return Network(name, text, url, weights)


def _first_with_weights(networks: Iterable[Network]) -> Network:
    return next((network for network in networks if network.weights), read_network(FROM_SCRATCH))


def _weights(file: str) -> Path | None:
    places = PRETRAINED / file, Path(torch.hub.get_dir(), 'checkpoints', file)
    return next((path for path in places if path.is_file()), None)
