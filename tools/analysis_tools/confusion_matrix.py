"""Draw the confusion matrix of saved predictions, with the arguments and the picture of MMSegmentation's tool.

    python tools/test.py CONFIG CHECKPOINT --out predictions
    python tools/analysis_tools/confusion_matrix.py CONFIG predictions OUT_DIR

Writes ``confusion_matrix.png``, in percent of each class, and ``confusion_matrix.csv``, in pixels: rows are labels,
columns predictions. Counted here, because the stock tool multiplies 8-bit labels by the number of classes, which
overflows from 16 classes on; takes predictions by their order; and knows the classes of a data set's class only, not
those of its config.
"""

import argparse
import csv
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from mmuda.compat import load_stock_tool  # noqa: E402

# isort: split
import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402
from mmengine.config import Config  # noqa: E402
from mmengine.dataset import BaseDataset  # noqa: E402
from mmengine.registry import init_default_scope  # noqa: E402
from mmengine.utils import track_iter_progress  # noqa: E402
from mmseg.registry import DATASETS  # noqa: E402
from PIL import Image  # noqa: E402

from mmuda.evaluation.confusion import confusion_matrix  # noqa: E402


def prediction_of(image: Path, folder: Path) -> Path:
    """The prediction of an image: the PNG below ``folder`` whose path shares most with that of the image.

    ``rome/0001.png`` comes before ``0001.png``, as there may be another image of that name.

    Raises:
        FileNotFoundError: If there is none.
    """
    parts = image.absolute().with_suffix('.png').parts
    for start in range(1, len(parts)):
        path = folder.joinpath(*parts[start:])
        if path.is_file():
            return path
    raise FileNotFoundError(
        f'{folder} has no prediction {image.stem}.png of the image {image}: make them with '
        '`python tools/test.py CONFIG CHECKPOINT --out FOLDER`, of the same config'
    )


def read_pair(dataset: BaseDataset, index: int, folder: Path) -> tuple[Path, np.ndarray, np.ndarray]:
    """Return where the prediction of an image is, the prediction and the label, (H, W) class ids.

    Raises:
        ValueError: If they do not fit each other.
    """
    sample = dataset[index]['data_samples']
    path = prediction_of(Path(sample.img_path), folder)
    if 'gt_sem_seg' not in sample:
        raise ValueError(
            f'the image {sample.img_path} has no label: give test_dataloader.dataset seg_map_path in '
            'data_prefix and a pipeline that loads labels'
        )
    label = sample.gt_sem_seg.data.squeeze().numpy()
    with Image.open(path) as file:
        prediction = np.array(file)
    if prediction.shape != label.shape:
        raise ValueError(
            f'prediction {path} has the shape {prediction.shape}, the label of {sample.img_path} '
            f'{label.shape} (height, width): predictions are saved by tools/test.py --out'
        )
    if dataset.reduce_zero_label:
        prediction = prediction - 1  # test.py adds it
    return path, prediction, label


def count(dataset: BaseDataset, folder: Path) -> np.ndarray:
    """Confusion matrix of all images of a data set.

    Args:
        dataset (BaseDataset): Of testing.
        folder (Path): With the predictions.

    Returns:
        np.ndarray: (C, C) int64 pixels, rows = label, columns = prediction.

    Raises:
        ValueError: If predictions and data do not belong together.
    """
    num_classes = len(dataset.metainfo['classes'])
    total = torch.zeros(num_classes, num_classes, dtype=torch.int64)
    seen: dict[Path, int] = {}
    for index in track_iter_progress(range(len(dataset))):
        path, prediction, label = read_pair(dataset, index, folder)
        if path in seen:
            images = [dataset.get_data_info(one)['img_path'] for one in (seen[path], index)]
            raise ValueError(
                f'{path} would be the prediction of two images, {" and ".join(images)}: save predictions '
                'in folders as the images lie'
            )
        seen[path] = index
        matrix = confusion_matrix(
            torch.from_numpy(prediction), torch.from_numpy(label), num_classes, dataset.ignore_index
        )
        if matrix[:, num_classes:].any():
            raise ValueError(
                f'prediction {path} has values up to {prediction.max()}, but there are {num_classes} '
                'classes: it was made by another config'
            )
        total += matrix[:, :num_classes]
    return total.numpy()


def write_counts(matrix: np.ndarray, classes: list[str], path: Path) -> None:
    """Write a table with the classes on both sides."""
    with path.open('w', newline='') as file:
        csv.writer(file).writerows(
            [['label \\ prediction', *classes], *([name, *row] for name, row in zip(classes, matrix.tolist()))]
        )


def draw(args: argparse.Namespace, plot: Callable[..., None]) -> None:
    """Count and write; ``args`` and ``plot`` are those of the stock tool."""
    config = Config.fromfile(args.config)
    config.merge_from_dict(args.cfg_options or {})
    init_default_scope(config.get('default_scope', 'mmseg'))
    dataset = DATASETS.build(config.test_dataloader.dataset)
    matrix, classes = count(dataset, Path(args.prediction_path)), list(dataset.metainfo['classes'])
    Path(args.save_dir).mkdir(parents=True, exist_ok=True)
    write_counts(matrix, classes, Path(args.save_dir) / 'confusion_matrix.csv')
    # A class that does not occur divides by 0; at the 300 dpi of the stock tool 19 classes are 100 million pixels.
    with np.errstate(invalid='ignore'), plt.rc_context({'savefig.dpi': 100}):
        plot(matrix, classes, save_dir=args.save_dir, show=args.show, title=args.title, color_theme=args.color_theme)


def main() -> None:
    stock = load_stock_tool('analysis_tools/confusion_matrix.py')
    try:
        draw(stock.parse_args(), stock.plot_confusion_matrix)
    except (ValueError, OSError) as error:
        sys.exit(f'confusion_matrix: {error}')


if __name__ == '__main__':
    main()
