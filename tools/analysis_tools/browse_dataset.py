"""Look at the training data as the network gets it, with the arguments of MMSegmentation's browse_dataset.py.

    python tools/analysis_tools/browse_dataset.py CONFIG --output-dir browsed --not-show
    # ten images per domain
    python tools/analysis_tools/browse_dataset.py CONFIG --output-dir browsed --not-show --cfg-options \
        train_dataloader.dataset.source.indices=10 train_dataloader.dataset.target.indices=10

Writes ``browsed/<view>/<number>_<image>.png`` for each view of the data (``source`` and ``target``, or ``pool``): the
image that comes out of the pipeline, with the label painted over it where there is one; what has no class is dark. The
stock tool knows data sets of one view only; such ones are shown, too, without the folder of the view.

Pseudo labels are those last made in the work dir of the config, and rare classes are mined in the crops as they say.
Views that an objective makes of these, as the mixed images of ClassMix, exist in training only.
"""

import argparse
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from mmuda.compat import load_stock_tool  # noqa: E402

# isort: split
import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402
from mmengine.config import Config  # noqa: E402
from mmengine.registry import init_default_scope  # noqa: E402
from mmengine.utils import track_iter_progress  # noqa: E402
from mmengine.visualization import Visualizer  # noqa: E402
from mmseg.datasets import PackSegInputs  # noqa: E402
from mmseg.registry import DATASETS, VISUALIZERS  # noqa: E402
from mmseg.structures import SegDataSample  # noqa: E402
from PIL import Image  # noqa: E402
from torch import Tensor  # noqa: E402

from mmuda.datasets import PoolDataset, PseudoLabelDataset  # noqa: E402
from mmuda.datasets.transforms import PackSoftLabels  # noqa: E402
from mmuda.pseudo_labels.last_store import last_store  # noqa: E402


def take_labels(dataset: Any, config: Config) -> int:
    """Give pseudo-labeled images their labels; return how many samples of the data can be shown.

    Raises:
        FileNotFoundError: If there are no labels yet and no image can do without.
    """
    parts = [
        part
        for part in (getattr(dataset, view, None) for view in ('source', 'target'))
        if isinstance(part, PseudoLabelDataset)
    ]
    for part in parts:
        leave_out_soft_labels(part)
    parts = [part for part in parts if part.store is None]
    if not parts:
        return len(dataset)
    store = last_store(config)
    if store is None:
        missing = (
            f'there are no pseudo labels in the work dir of {config.filename}, {config.get("work_dir")}: train, '
            'or name a folder with --cfg-options train_dataloader.dataset.{source or target}.store=FOLDER'
        )
        if not isinstance(dataset, PoolDataset) or not dataset.num_source:
            raise FileNotFoundError(missing)
        print(f'browse_dataset: the source alone is shown, {missing}', file=sys.stderr)
        return dataset.num_source  # they come first
    print(f'Pseudo labels: {store.root}')
    for part in parts:
        part.store = str(store.root)
    mined = (store.summary() or {}).get('mined_classes')
    if mined and isinstance(dataset, PoolDataset):
        dataset.mine(**mined, in_source=config.train_cfg.get('source', {}).get('mine', True))
    return len(dataset)


def leave_out_soft_labels(dataset: PseudoLabelDataset) -> None:
    """Pack hard labels alone: soft ones are not drawn, and what they are made of is deleted after a round."""
    transforms = dataset.pipeline.transforms
    transforms[:] = [PackSegInputs(step.meta_keys) if isinstance(step, PackSoftLabels) else step for step in transforms]


def views_of(sample: dict) -> Iterator[tuple[str, Tensor, SegDataSample]]:
    """Yield name ('' where the data have one view), image and annotation of the views of a sample."""
    if not isinstance(sample['inputs'], Mapping):
        sample = {key: {'': value} for key, value in sample.items()}
    for view, image in sample['inputs'].items():
        yield view, image, sample['data_samples'][view]


def paint(visualizer: Visualizer, image: Tensor, sample: SegDataSample) -> np.ndarray:
    """Return the image (H, W, 3), RGB, with its label over it where there is one.

    Args:
        visualizer (Visualizer): That of the config.
        image (Tensor): (3, H, W), BGR, 0 to 255.
        sample (SegDataSample): Its annotation.
    """
    pixels = np.ascontiguousarray(image.permute(1, 2, 0).flip(-1).clamp(0, 255).round().byte().numpy())
    visualizer.set_image(pixels)
    if 'gt_sem_seg' in sample:
        visualizer.add_datasample('', pixels, sample.numpy(), draw_gt=True, draw_pred=False)
    return visualizer.get_image()


def browse(config: Config, out: Path | None, show: bool, interval: float) -> None:
    """Write all samples to ``out``, if given, and show them for ``interval`` seconds each, if asked to."""
    init_default_scope(config.get('default_scope', 'mmseg'))
    if 'train_dataloader' not in config:
        raise ValueError(f'{config.filename} has no train_dataloader, whose data are shown: take a config of training')
    dataset = DATASETS.build(config.train_dataloader.dataset)
    visualizer = VISUALIZERS.build({**config.visualizer, 'vis_backends': None})
    visualizer.dataset_meta = dataset.metainfo
    for index in track_iter_progress(range(take_labels(dataset, config))):
        for view, image, sample in views_of(dataset[index]):
            painted = paint(visualizer, image, sample)
            if out is not None:
                path = out / view / f'{index:05d}_{Path(sample.img_path).stem}.png'
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(painted).save(path)
            if show:
                visualizer.show(painted, win_name=f'{view} {sample.img_path}', wait_time=interval)


def check_output(args: argparse.Namespace) -> bool:
    """Whether to show windows.

    Raises:
        ValueError: If there is no way to show anything.
    """
    display = plt.get_backend().lower() != 'agg'
    if args.output_dir is None and (args.not_show or not display):
        raise ValueError('there is no display, or --not-show is given: name a folder with --output-dir')
    return display and not args.not_show


def main() -> None:
    args = load_stock_tool('analysis_tools/browse_dataset.py').parse_args()
    try:
        config = Config.fromfile(args.config)
        config.merge_from_dict(args.cfg_options or {})
        browse(config, args.output_dir and Path(args.output_dir), check_output(args), args.show_interval)
    except (ValueError, OSError) as error:
        sys.exit(f'browse_dataset: {error}')


if __name__ == '__main__':
    main()
