"""Writes the toy data: procedural streets in the layouts of the published data sets."""

import json
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from mmuda.toy_data.labels import SYNTHIA_ABSENT
from mmuda.toy_data.layouts import plan
from mmuda.toy_data.looks import LOOKS, render
from mmuda.toy_data.scene import FEATURED, draw_scene

DOMAINS = ('gta', 'synthia', 'cityscapes', 'robotcar', 'mapillary')
VERSION = 1
STAMP = 'toy.json'


def write_toy_data(
    out: str | os.PathLike,
    seed: int = 0,
    num_train: int = 320,
    num_val: int = 64,
    size: tuple[int, int] = (256, 128),
    domains: Sequence[str] = DOMAINS,
    looks: Mapping[str, str] | None = None,
) -> Path:
    """Write street scenes with all 19 Cityscapes classes, in two looks.

    The layout statistics are the same in every domain, the appearance is not (see
    ``looks.py``). Files are exactly as published: ``gta/{images,labels}``,
    ``synthia/{RGB,GT/LABELS,Depth}``, ``cityscapes/{leftImg8bit,gtFine}/{train,val}/<city>``,
    ``robotcar/{train/<traversal>,val,anno}``,
    ``mapillary/{training,validation}/{images,labels}``. GTA5 and SYNTHIA have no splits: their
    validation images follow the training images in the numbering (320 + 64 images: GTA5's
    validation is 00321.png to 00384.png).

    The result depends only on the arguments. Everything is written to a temporary folder
    beside ``out`` and renamed at the end, so that nothing is left half-written.

    Args:
        out (str | os.PathLike): Folder to create. Toy data made with the same arguments
            are left as they are.
        seed (int): Seed of all choices. Defaults to 0.
        num_train (int): Training images per domain. Defaults to 320.
        num_val (int): Validation images per domain. Defaults to 64.
        size (tuple[int, int]): Width and height in pixels, at least 32. Defaults to (256, 128).
        domains (Sequence[str]): Which of ``DOMAINS`` to write. Defaults to all.
        looks (Mapping[str, str], optional): Domain -> the domain whose look its images have. The layout of the files
            stays. Defaults to None: each has its own.

    Returns:
        Path: ``out``.

    Raises:
        ValueError: If an argument is out of range.
        FileExistsError: If ``out`` holds anything else, for instance toy data made with
            other arguments.
    """
    out = Path(out)
    settings = _settings(seed, num_train, num_val, size, domains, looks or {})
    if _is_made(out, settings):
        return out
    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f'.{out.name}-', dir=out.parent))
    temporary.chmod(0o755)
    try:
        for domain in settings['domains']:
            look = settings['looks'].get(domain, domain)
            _write_domain(temporary / domain, domain, look, seed, num_train, num_val, size)
        (temporary / STAMP).write_text(json.dumps(settings, indent=2) + '\n')
        try:
            os.replace(temporary, out)
        except OSError:  # somebody else was quicker
            if not _is_made(out, settings):
                raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return out


def _settings(
    seed: int,
    num_train: int,
    num_val: int,
    size: tuple[int, int],
    domains: Sequence[str],
    looks: Mapping[str, str],
) -> dict:
    unknown = set(domains) - set(DOMAINS)
    if unknown or not domains:
        raise ValueError(f'domains={list(domains)}: expected some of {list(DOMAINS)}')
    unknown = (set(looks) - set(domains)) | (set(looks.values()) - set(DOMAINS))
    if unknown:
        raise ValueError(
            f'looks={dict(looks)}: {sorted(unknown)} not expected. Give one of the domains {list(domains)} the look of '
            f'one of {list(DOMAINS)}'
        )
    if seed < 0 or num_train < 0 or num_val < 0:
        raise ValueError(f'seed={seed}, num_train={num_train}, num_val={num_val}: none may be negative')
    if len(size) != 2 or min(size) < 32:
        raise ValueError(f'size={size}: expected (width, height), both at least 32')
    return dict(
        version=VERSION,
        seed=seed,
        num_train=num_train,
        num_val=num_val,
        size=list(size),
        domains=[domain for domain in DOMAINS if domain in domains],
        looks={domain: look for domain, look in sorted(looks.items()) if look != domain},
    )


def _is_made(out: Path, settings: dict) -> bool:
    """Whether ``out`` already holds these toy data; an error if it holds something else."""
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return False
    stamp = out / STAMP
    if not stamp.is_file():
        raise FileExistsError(
            f'{out} exists and is no toy data (it has no {STAMP}): nothing was written. '
            'Choose an empty or a new folder.'
        )
    try:
        found = json.loads(stamp.read_text())
    except ValueError as error:
        raise FileExistsError(f'{stamp} cannot be read ({error}): delete {out} or choose another folder') from error
    same = (
        isinstance(found, dict)
        and set(settings['domains']) <= set(found.get('domains', ()))
        and found.get('looks', {}) == settings['looks']  # older toy data do not say that each has its own
        and all(found.get(key) == value for key, value in settings.items() if key not in ('domains', 'looks'))
    )
    if not same:
        raise FileExistsError(
            f'{out} holds toy data made with other settings: {found}, asked for {settings}. '
            'Delete the folder or choose another one.'
        )
    return True


def _write_domain(
    root: Path, domain: str, look: str, seed: int, num_train: int, num_val: int, size: tuple[int, int]
) -> None:
    replace = SYNTHIA_ABSENT if domain == 'synthia' else None
    for split, number, written_as, write in plan(domain, num_train, num_val):
        key = [seed, DOMAINS.index(domain), split == 'val', number]
        layout_rng, look_rng = (np.random.default_rng([*key, stream]) for stream in (0, 1))
        canvas = draw_scene(layout_rng, size, FEATURED[number % len(FEATURED)], replace)
        write(root, written_as, (render(canvas, LOOKS[look], look_rng), canvas))
