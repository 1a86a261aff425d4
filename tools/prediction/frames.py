"""What there is to predict: image files, or the frames of a video."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from mmuda.datasets.files.image_files import (
    MAX_PIXELS,
    by_stem,
    check_pixels,
    count_suffixes,
    list_files,
    stem_of,
)
from mmuda.datasets.transforms import LoadImageStrict

IMAGES = ('.jpg', '.png', '.bmp', '.webp', '.tif', '.tiff', '.ppm')
VIDEOS = ('.mp4', '.avi', '.mov', '.mkv', '.webm', '.m4v')
Frame = tuple[str, np.ndarray]  # name without suffix, and (H, W, 3) uint8, B, G, R


class ImageFiles:
    """Image files, read one after the other.

    Args:
        paths (Mapping[str, Path]): File by name.
        decoder (str): Of mmcv, as in the pipeline of the config.
        skip_broken (bool): Leave out files that are no images.

    Attributes:
        broken (list[str]): Why files were left out, so far.

    Raises:
        OSError: If a file is no image, at the start by its header, or when it is read.
    """

    def __init__(self, paths: Mapping[str, Path], decoder: str, skip_broken: bool) -> None:
        self.paths, self.skip_broken = paths, skip_broken
        self.broken: list[str] = []
        self._load = LoadImageStrict(imdecode_backend=decoder)
        if not skip_broken:
            self._check_headers()

    def _check_headers(self) -> None:
        found = []
        for path in self.paths.values():
            try:
                with Image.open(path) as header:
                    check_pixels(header, MAX_PIXELS)
            except Exception as error:  # Pillow raises OSError, SyntaxError, ValueError, ... for damaged files
                found.append(f'{path}: {error}')
        if found:
            raise OSError(
                f'{len(found)} of {len(self.paths)} files cannot be read, nothing was written. Remove them, or leave '
                'them out with --skip-broken:\n' + '\n'.join(found[:5]) + ('\n...' if len(found) > 5 else '')
            )

    def __len__(self) -> int:
        return len(self.paths)

    def __iter__(self) -> Iterator[Frame]:
        for name, path in self.paths.items():
            try:
                image = self._load(dict(img_path=str(path)))['img']
            except OSError as error:
                if not self.skip_broken:
                    raise OSError(f'{error}. Remove the file, or leave it out with --skip-broken') from error
                self.broken.append(str(error))
                continue
            yield name, image


class Video:
    """Frames of a video, read one after the other; their names are its name and their number.

    Args:
        path (Path): The file.

    Raises:
        OSError: If OpenCV finds no frame in it.
    """

    broken: Sequence[str] = ()

    def __init__(self, path: Path) -> None:
        self.path = path
        video = cv2.VideoCapture(str(path))
        self._number = 0  # counted, as headers are wrong in files that were cut off
        while video.grab():
            self._number += 1
        named = int(video.get(cv2.CAP_PROP_FRAME_COUNT))
        video.release()
        if not self._number:
            raise OSError(
                f'{path}: OpenCV finds no frame in it. It is damaged, no video, or of a codec that OpenCV does not '
                'have: convert it to frames, for instance with ffmpeg, and give their folder'
            )
        if named > self._number:
            print(f'{path}: of {named} frames that its header names {self._number} can be decoded')

    def __len__(self) -> int:
        return self._number

    def __iter__(self) -> Iterator[Frame]:
        video = cv2.VideoCapture(str(self.path))
        try:
            for index in range(self._number):
                read, image = video.read()
                if not read:
                    raise OSError(f'{self.path}: frame {index} of {self._number} cannot be decoded')
                yield f'{self.path.stem}/{index:06d}', image
        finally:
            video.release()


def find_images(images: Path, decoder: str, skip_broken: bool) -> ImageFiles | Video:
    """Return what there is to predict.

    Raises:
        ValueError: If there is nothing, or two files would share a prediction.
        OSError: If a file cannot be read.
    """
    if images.is_dir():
        names = list_files(str(images))
        found, others = by_stem(names, IMAGES)
        if not found:
            raise ValueError(
                f'{images} has no images: expected files that end in {", ".join(IMAGES)}, found '
                f'{count_suffixes(names) or "nothing"}. Videos are given one by one'
            )
        if others:
            print(f'{images}: leaves out {count_suffixes(others)}, which are no images')
        return ImageFiles({stem: images / name for stem, name in found.items()}, decoder, skip_broken)
    if not images.is_file():
        raise FileNotFoundError(f'{images} does not exist: expected an image, a folder of images or a video')
    if stem_of(images.name, VIDEOS) is not None:
        return Video(images)
    if stem_of(images.name, IMAGES) is None:
        raise ValueError(f'{images}: expected an image ({", ".join(IMAGES)}) or a video ({", ".join(VIDEOS)})')
    return ImageFiles({images.stem: images}, decoder, skip_broken)
