"""Fit the depth of each class in the source set of a config, for Depth Distribution.

Training does it by itself (DepthDistributionHook); this does it before, or into a file of your choice.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from mmengine.config import Config  # noqa: E402
from mmengine.registry import init_default_scope  # noqa: E402
from mmseg.registry import DATASETS  # noqa: E402

import mmuda  # noqa: E402, F401
from mmuda.datasets.depth_samples import DepthSamples  # noqa: E402
from mmuda.datasets.transforms import LoadDepth  # noqa: E402
from mmuda.engine.depth_distribution import FOLDER, mixtures_of  # noqa: E402
from mmuda.utils.transform_names import dicts_in  # noqa: E402

_HOOK = 'DepthDistributionHook'


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument('config', help='training config with a MixtureDensity and a DepthDistributionHook')
    parser.add_argument('--out', type=Path, help='file to write, .npz; by default the one that training looks for')
    return parser.parse_args()


def settings_of(config: Config) -> tuple[dict, dict, dict]:
    """Return the settings of the source, of the density and of the hook.

    Raises:
        ValueError: If the config lacks one of them.
    """
    parts = list(dicts_in(config.to_dict()))
    found = {kind: [part for part in parts if part.get('type') == kind] for kind in ('MixtureDensity', _HOOK)}
    source = config.get('train_dataloader', {}).get('dataset', {}).get('source')
    for kind in found:
        if not found[kind] or source is None:
            raise ValueError(
                f'{config.filename} has no {kind if source else "source"}: give the config of a training with depth '
                'density, such as configs/depth_distribution/synthia2cs.py'
            )
    return source, found['MixtureDensity'][0], found[_HOOK][0]


def main() -> None:
    args = parse_args()
    init_default_scope('mmseg')
    try:
        source, density, hook = settings_of(Config.fromfile(args.config))
        hook = {key: value for key, value in hook.items() if key not in ('type', 'priority')}
        folder, depth = hook.pop('folder', FOLDER), LoadDepth(**(hook.pop('depth', None) or {}))
        path = hook.pop('path', None)
        dataset = DATASETS.build({**source, 'pipeline': []})
        samples = DepthSamples(dataset, tuple(density['grid']), depth=depth, **hook)
        file = mixtures_of(samples, density.get('components', 5), folder, args.out or path)
    except (ImportError, OSError, ValueError) as error:
        sys.exit(f'fit_depth_distribution: {error}')
    print(f'{file}: depth of {len(samples.classes)} classes in {len(samples.infos)} images')


if __name__ == '__main__':
    main()
