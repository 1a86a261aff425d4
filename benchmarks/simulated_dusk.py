"""CamVid with a target made of its day images: darkened, with lamps and noise. Its labels may choose settings.

    python benchmarks/simulated_dusk.py --out data/simulated_dusk

The first 183 day images stay the source, the next 61 become the target's training images, the last 61 its validation
images. Layout as of data/camvid_day2dusk: link the result there, in a copy of the repository, to run configs/camvid.
"""

import argparse
import shutil
from pathlib import Path

import numpy as np
from PIL import Image

NUM_SOURCE, NUM_TARGET = 183, 61


def darken(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Gamma, gain and a blue tint, one to four lamps, noise."""
    pixels = (np.asarray(image) / 255) ** rng.uniform(1.6, 2.2) * rng.uniform(0.5, 0.65) * np.array([0.9, 0.95, 1.1])
    height, width = pixels.shape[:2]
    rows, columns = np.mgrid[:height, :width]
    for _ in range(rng.integers(1, 5)):
        x, y, radius = rng.uniform(0, width), rng.uniform(height * 0.3, height * 0.7), rng.uniform(5, 25)
        glow = np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * radius * radius))
        pixels += glow[..., None] * np.array([0.8, 0.7, 0.4])
    pixels += rng.normal(0, 0.02, pixels.shape)
    return Image.fromarray((pixels.clip(0, 1) * 255).astype(np.uint8))


def main() -> None:
    """Write the images and labels."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--data', type=Path, default=Path('data/camvid_day2dusk'))
    parser.add_argument('--out', type=Path, required=True)
    args = parser.parse_args()
    rng = np.random.default_rng(0)
    images = sorted((args.data / 'images' / 'day_train').glob('*.jpg'))
    if len(images) <= NUM_SOURCE + NUM_TARGET:
        raise SystemExit(
            f'{args.data}/images/day_train has {len(images)} images, expected more than '
            f'{NUM_SOURCE + NUM_TARGET}: see configs/camvid/README.md'
        )
    for index, path in enumerate(images):
        split = 'day_train' if index < NUM_SOURCE else ('dusk_train' if index < NUM_SOURCE + NUM_TARGET else 'dusk_val')
        for kind in ('images', 'labels'):
            (args.out / kind / split).mkdir(parents=True, exist_ok=True)
        image = Image.open(path).convert('RGB')
        image = image if split == 'day_train' else darken(image, rng)
        image.save(args.out / 'images' / split / path.name, quality=95)
        if split != 'dusk_train':
            label = args.data / 'labels' / 'day_train' / f'{path.stem}.png'
            shutil.copy(label, args.out / 'labels' / split / label.name)


if __name__ == '__main__':
    main()
