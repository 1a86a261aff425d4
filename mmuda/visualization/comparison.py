"""One picture that compares models image by image."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.patches import Patch

IGNORE_COLOR = (0, 0, 0)


def colorize(labels: np.ndarray, palette: Sequence[Sequence[int]]) -> np.ndarray:
    """Paint a label map.

    Args:
        labels (np.ndarray): (H, W) integers; whatever is no index of ``palette``
            (255, for instance) becomes black.
        palette (Sequence[Sequence[int]]): RGB color of every class, 0 to 255.

    Returns:
        np.ndarray: (H, W, 3) uint8.
    """
    colors = np.array([*palette, IGNORE_COLOR], np.uint8)
    labels = np.asarray(labels).astype(np.int64)
    return colors[np.where((labels < 0) | (labels >= len(palette)), len(palette), labels)]


def comparison_figure(
    rows: Sequence[Mapping[str, np.ndarray]],
    classes: Sequence[str],
    palette: Sequence[Sequence[int]],
    path: str | os.PathLike,
) -> Path:
    """Write one PNG: a row per image, a titled column per thing compared, a legend of the classes.

    What a panel shows follows from its array:

    - (H, W, 3) uint8: an RGB image,
    - (H, W) integers: a label map, painted with ``palette``; other values are black,
    - (H, W) floats: a map such as the uncertainty, in a color scale shared by its column.

    Args:
        rows (Sequence[Mapping[str, np.ndarray]]): For every image, column title -> array.
            All rows have the same titles; the order is that of the first row.
        classes (Sequence[str]): Class names.
        palette (Sequence[Sequence[int]]): Their RGB colors, 0 to 255.
        path (str | os.PathLike): The file to write; its folder is created.

    Returns:
        Path: ``path``.

    Raises:
        ValueError: If there is nothing to draw, the titles of two rows differ, an array is
            none of the three kinds or the palette does not fit the classes.

    Example:
        >>> image, label = np.zeros((8, 16, 3), np.uint8), np.zeros((8, 16), np.uint8)
        >>> comparison_figure([dict(image=image, truth=label)], ['road'], [(128, 64, 128)],
        ...                   'comparison.png')  # doctest: +SKIP
    """
    titles = _titles(rows, classes, palette)
    upper = {title: _upper_end(rows, title) for title in titles}

    height, width = next(iter(rows[0].values())).shape[:2]
    legend_rows = -(-len(classes) // 10)
    panel, legend = 3.0, 0.25 * legend_rows + 0.15
    body = panel * height / width * len(rows) + 0.3
    layout = ConstrainedLayoutEngine(w_pad=0.02, h_pad=0.02, wspace=0.0, hspace=0.0)
    figure = Figure(figsize=(panel * len(titles), body + legend), layout=layout, facecolor='white')
    FigureCanvasAgg(figure)
    axes = figure.subplots(len(rows), len(titles), squeeze=False)
    for line, row in zip(axes, rows):
        for axis, title in zip(line, titles):
            _show(axis, row[title], title, palette, upper[title])
            axis.set_axis_off()
    for axis, title in zip(axes[0], titles):
        axis.set_title(title, fontsize=12)
    _add_legend(figure, classes, palette)
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110, format='png')
    return path


def _titles(rows: Sequence[Mapping[str, np.ndarray]], classes: Sequence[str], palette: Sequence) -> list[str]:
    """Column titles of a figure that can be drawn."""
    if not rows or not rows[0]:
        raise ValueError('comparison_figure: rows is empty, nothing to draw')
    if len(classes) != len(palette):
        raise ValueError(f'comparison_figure: {len(classes)} classes but {len(palette)} palette colors')
    titles = list(rows[0])
    for k, row in enumerate(rows):
        if set(row) != set(titles):
            raise ValueError(f'comparison_figure: row {k} has columns {list(row)}, expected {titles}')
    return titles


def _add_legend(figure: Figure, classes: Sequence[str], palette: Sequence[Sequence[int]]) -> None:
    patches = [
        Patch(facecolor=(color[0] / 255, color[1] / 255, color[2] / 255), edgecolor='0.5', linewidth=0.5, label=name)
        for name, color in zip(classes, palette)
    ]
    figure.legend(
        handles=patches,
        loc='outside lower center',
        ncols=min(len(classes), 10),
        fontsize=9,
        frameon=False,
        handlelength=1.2,
        columnspacing=1.2,
    )


def _upper_end(rows: Sequence[Mapping[str, np.ndarray]], title: str) -> float:
    """Upper end of the color scale of a column of float maps: its 99.5th percentile."""
    values = [row[title].ravel() for row in rows if np.issubdtype(row[title].dtype, np.floating)]
    return float(np.percentile(np.concatenate(values), 99.5)) or 1.0 if values else 1.0


def _show(axis: Axes, array: np.ndarray, title: str, palette: Sequence[Sequence[int]], upper: float) -> None:
    if array.ndim == 3 and array.shape[2] == 3 and array.dtype == np.uint8:
        axis.imshow(array)
    elif array.ndim == 2 and np.issubdtype(array.dtype, np.integer):
        axis.imshow(colorize(array, palette), interpolation='nearest')
    elif array.ndim == 2 and np.issubdtype(array.dtype, np.floating):
        axis.imshow(array, cmap='inferno', vmin=0.0, vmax=upper)
    else:
        raise ValueError(
            f'comparison_figure: column {title!r} holds an array of shape {array.shape} and type '
            f'{array.dtype}; expected (H, W, 3) uint8, (H, W) integers or (H, W) floats'
        )
