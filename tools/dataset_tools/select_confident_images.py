"""Write the list of the target training images that a model is most sure of, for `ann_file` of the target.

The score of an image is the mean over the predicted classes of the mean confidence of their pixels. All scores are
written beside the list, as NAME_scores.csv, to choose a threshold by.
"""

import argparse
import csv
import io
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import mmuda  # noqa: E402, F401  (makes the stack work: before mmseg)

# isort: split
import torch  # noqa: E402
from mmengine.config import Config, DictAction  # noqa: E402
from mmengine.registry import init_default_scope  # noqa: E402
from mmengine.runner import load_checkpoint  # noqa: E402
from mmengine.utils import track_iter_progress  # noqa: E402
from mmseg.datasets import BaseSegDataset  # noqa: E402
from mmseg.registry import MODELS  # noqa: E402

from mmuda.datasets.files.image_files import stem_of  # noqa: E402
from mmuda.datasets.transforms import LoadImageStrict  # noqa: E402
from mmuda.datasets.wrappers.unlabeled import build_unlabeled  # noqa: E402
from mmuda.models.segmentors import UDASegmentor  # noqa: E402
from mmuda.pseudo_labels import MultiViewPredictor  # noqa: E402
from mmuda.pseudo_labels.thresholds.confident_images import confidence_score, select_confident  # noqa: E402
from mmuda.utils.files import replace_file  # noqa: E402


def target_dataset(config: Config) -> BaseSegDataset:
    """Build the data set with the target's training images, without labels.

    Raises:
        ValueError: If the config has no target.
    """
    dataset = config.get('train_dataloader', {}).get('dataset', {}).get('target')
    if dataset is None:
        raise ValueError(
            f'{config.filename} has no target images (train_dataloader.dataset.target): give the config '
            'of an adaptation'
        )
    while 'dataset' in dataset:  # data sets around the one with the images
        dataset = dataset['dataset']
    return build_unlabeled({**dataset.to_dict(), 'pipeline': []})


def build_model(config: Config, checkpoint: str) -> torch.nn.Module:
    """Build the model of the config with the weights of a checkpoint, on the GPU if there is one."""
    model = MODELS.build(config.model)
    load_checkpoint(model, checkpoint, map_location='cpu', strict=not isinstance(model, UDASegmentor))
    return model.to('cuda' if torch.cuda.is_available() else 'cpu').eval()


def score_images(model: torch.nn.Module, paths: list[str], scales: list[float]) -> list[float]:
    """Score every image."""
    predictor, load = MultiViewPredictor(scales=scales), LoadImageStrict()
    return [
        confidence_score(predictor(model, load(dict(img_path=path))['img'], path))
        for path in track_iter_progress(paths)
    ]


def list_entry(dataset: BaseSegDataset, path: str) -> str:
    """Return the line of an image in an `ann_file`: relative to the image folder, without the suffix."""
    return stem_of(os.path.relpath(path, dataset.data_prefix['img_path']), dataset.img_suffix)


def write(path: Path, rows: list[list[str]]) -> None:
    """Write rows of a CSV file, whole or not at all."""
    text = io.StringIO()
    csv.writer(text, lineterminator='\n').writerows(rows)
    replace_file(path, lambda file: file.write(text.getvalue().encode()))


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help='config whose target images are scored')
    parser.add_argument('checkpoint', help='checkpoint of the model, usually trained on the source')
    parser.add_argument('--out', required=True, type=Path, help='list to write')
    number = parser.add_mutually_exclusive_group(required=True)
    number.add_argument('--top-k', type=int, help='choose so many images')
    number.add_argument('--threshold', type=float, help='choose the images with at least this score, 0 to 1')
    parser.add_argument(
        '--scales',
        nargs='+',
        type=float,
        default=[1.0],
        help='sizes of the views, as factors of the image size; each is also seen mirrored',
    )
    parser.add_argument('--cfg-options', nargs='+', action=DictAction, help='settings to override, key=value')
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    config = Config.fromfile(args.config)
    config.merge_from_dict(args.cfg_options or {})
    init_default_scope('mmseg')
    try:
        dataset = target_dataset(config)
        if args.top_k is not None:
            select_confident([0.0] * len(dataset), top_k=args.top_k)  # an impossible number is refused before the work
        args.out.parent.mkdir(parents=True, exist_ok=True)
        paths = [dataset.get_data_info(index)['img_path'] for index in range(len(dataset))]
        names = [list_entry(dataset, path) for path in paths]
        scores = score_images(build_model(config, args.checkpoint), paths, args.scales)
        write(
            args.out.with_name(f'{args.out.stem}_scores.csv'),
            [[name, f'{score:.6f}'] for name, score in zip(names, scores)],
        )
        chosen = select_confident(scores, args.top_k, args.threshold)
        write(args.out, [[names[index]] for index in chosen])
    except (ValueError, OSError) as error:
        sys.exit(f'select_confident_images: {error}')
    print(
        f'\n{len(chosen)} of {len(names)} images, scores {min(scores[index] for index in chosen):.4f} and above: '
        f'{args.out}'
    )


if __name__ == '__main__':
    main()
