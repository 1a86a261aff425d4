"""Listing of image and label files, which belong together (those with the same stem), and how large they may be."""

from collections import Counter
from collections.abc import Iterable, Sequence

import mmengine.fileio as fileio
from PIL import Image

MAX_PIXELS = 100_000_000
"""Images and labels of more pixels are refused; `max_pixels` of their loaders changes it."""


def list_files(folder: str, backend_args: dict | None = None) -> list[str]:
    """Return the paths of all files below a folder, relative to it; none if there is no such folder."""
    if not fileio.isdir(folder, backend_args=backend_args):
        return []
    return list(fileio.list_dir_or_file(folder, list_dir=False, recursive=True, backend_args=backend_args))


def stem_of(name: str, suffixes: str | Sequence[str]) -> str | None:
    """Return a file name without its suffix.

    Args:
        name (str): File name or path.
        suffixes (str | Sequence[str]): Ends of names; the longest that fits counts. Case does not matter, and
            ``.jpg`` stands for ``.jpeg``, too.

    Returns:
        str, optional: The stem, None where no suffix fits.

    Example:
        >>> stem_of('rome/7_image.JPEG', '_image.jpg')
        'rome/7'
    """
    suffixes = [suffixes.lower()] if isinstance(suffixes, str) else [suffix.lower() for suffix in suffixes]
    suffixes += [f'{suffix[:-4]}.jpeg' for suffix in suffixes if suffix.endswith('.jpg')]
    fitting = [len(suffix) for suffix in suffixes if name.lower().endswith(suffix)]
    return name[: len(name) - max(fitting)] if fitting else None


def by_stem(names: Iterable[str], suffixes: str | Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Sort file names by their stems.

    Args:
        names (Iterable[str]): Names of files.
        suffixes (str | Sequence[str]): As of :func:`stem_of`.

    Returns:
        tuple[dict[str, str], list[str]]: Stem -> name, and the names that no suffix fits.

    Raises:
        ValueError: If two files have one stem: both would have one label file.
    """
    found: dict[str, str] = {}
    others = []
    for name in sorted(names):
        stem = stem_of(name, suffixes)
        if stem is None:
            others.append(name)
        elif stem in found:
            raise ValueError(
                f'{found[stem]} and {name} have the same stem, {stem!r}, by which images and labels are '
                f'matched: remove one of them, or name one suffix instead of {suffixes!r}'
            )
        else:
            found[stem] = name
    return found, others


def count_suffixes(names: Iterable[str]) -> str:
    """Say which kinds of files there are.

    Example:
        >>> count_suffixes(['a.png', 'b.png', 'list.txt'])
        '2 .png, 1 .txt'
    """
    counts = Counter(f'.{name.rsplit(".", 1)[1]}' if '.' in name else 'without suffix' for name in names)
    return ', '.join(f'{count} {suffix}' for suffix, count in counts.most_common(5))


def check_pixels(image: Image.Image, max_pixels: int) -> None:
    """Refuse an image by its header, before it is decoded.

    Args:
        image (PIL.Image.Image): As ``Image.open`` gives it.
        max_pixels (int): Largest number of pixels.

    Raises:
        ValueError: If it has more.
    """
    width, height = image.size
    if width * height > max_pixels:
        raise ValueError(
            f'it has {width}x{height} pixels, more than max_pixels = {max_pixels}: make tiles of it, or '
            'raise max_pixels of LoadImageStrict and LoadLabelIds (Pillow itself takes '
            f'{2 * (Image.MAX_IMAGE_PIXELS or 0)})'
        )
