"""Estimate the spatial prior of CBST-SP from the source labels of a config."""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from mmengine.config import Config  # noqa: E402
from PIL import Image  # noqa: E402

from mmuda.datasets import prior_of  # noqa: E402
from mmuda.datasets.wrappers.unlabeled import build_unlabeled  # noqa: E402


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument('config', help='training config with a UDADataset')
    parser.add_argument('--out', type=Path, required=True, help='file to write, .npy; a .json beside it describes it')
    parser.add_argument(
        '--size',
        type=int,
        nargs=2,
        metavar=('WIDTH', 'HEIGHT'),
        help='of the images to be labeled; by default that of the first target image',
    )
    parser.add_argument('--sigma', type=float, default=70 / 6, help='of the Gaussian, in pixels')
    parser.add_argument('--kernel', type=int, default=70, help='taps of the Gaussian')
    parser.add_argument('--overwrite', action='store_true', help='replace another prior')
    return parser.parse_args()


def datasets_of(config: Config) -> tuple[dict, dict]:
    """Return the configs of source and target.

    Raises:
        ValueError: If the training data are no UDADataset.
    """
    dataset = config.get('train_dataloader', {}).get('dataset', {})
    if dataset.get('source') is None or dataset.get('target') is None:
        raise ValueError(
            f'{config.filename}: train_dataloader.dataset is {dataset.get("type")!r}, expected a '
            'UDADataset with source and target'
        )
    return dataset['source'], dataset['target']


def first_image_size(config: dict) -> tuple[int, int]:
    """Return (width, height) of the first image of a data set."""
    while 'dataset' in config:  # a wrapper
        config = config['dataset']
    dataset = build_unlabeled({**config, 'pipeline': []})
    with Image.open(dataset.get_data_info(0)['img_path']) as image:
        return image.size


def main() -> None:
    args = parse_args()
    try:
        source, target = datasets_of(Config.fromfile(args.config))
        width, height = args.size or first_image_size(target)
        prior_of(source, args.out, (height, width), args.sigma, args.kernel, args.overwrite)
    except (ValueError, OSError) as error:
        sys.exit(f'make_spatial_prior: {error}')
    print(f'{args.out}: prior of {width}x{height} pixels')


if __name__ == '__main__':
    main()
