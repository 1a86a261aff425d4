import numpy as np
import pytest
from PIL import Image

from mmuda.visualization import colorize, comparison_figure

CLASSES, PALETTE = ['road', 'sky'], [(128, 64, 128), (70, 130, 180)]


def row(**changed) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    panels = dict(
        image=rng.integers(0, 256, (16, 32, 3)).astype(np.uint8),
        truth=np.ones((16, 32), np.uint8),
        uncertainty=rng.random((16, 32)),
    )
    return {**panels, **changed}


def pixels(path) -> np.ndarray:
    return np.array(Image.open(path).convert('RGB'))


def test_colorize_paints_classes_and_leaves_the_rest_black():
    painted = colorize(np.array([[0, 1], [255, -1]]), PALETTE)
    assert painted.tolist() == [[[128, 64, 128], [70, 130, 180]], [[0, 0, 0], [0, 0, 0]]]


def test_writes_one_png_and_its_folder(tmp_path):
    path = comparison_figure([row(), row()], CLASSES, PALETTE, tmp_path / 'new' / 'picture.png')
    assert Image.open(path).format == 'PNG'


def test_label_maps_and_the_legend_show_the_palette(tmp_path):
    picture = pixels(comparison_figure([row()], CLASSES, PALETTE, tmp_path / 'picture.png'))
    sky, road = ((picture == color).all(-1) for color in PALETTE[::-1])
    assert sky.mean() > 0.1  # the truth panel
    assert 0 < road.mean() < 0.05  # only in the legend


def test_every_row_adds_height(tmp_path):
    one, three = (pixels(comparison_figure([row()] * n, CLASSES, PALETTE, tmp_path / f'{n}.png')) for n in (1, 3))
    assert three.shape[0] > 1.5 * one.shape[0] and three.shape[1] == one.shape[1]


def test_float_maps_share_one_scale_per_column(tmp_path):
    low, high = np.full((16, 32), 0.1), np.full((16, 32), 1.0)
    both = pixels(comparison_figure([dict(kl=low), dict(kl=high)], CLASSES, PALETTE, tmp_path / 'a.png'))
    middle = both.shape[1] // 2
    upper, lower = both[int(0.3 * len(both)), middle], both[int(0.65 * len(both)), middle]
    assert lower.sum() > upper.sum() + 100


def test_a_map_without_uncertainty_is_drawn(tmp_path):
    assert comparison_figure([row(uncertainty=np.zeros((16, 32)))], CLASSES, PALETTE, tmp_path / 'a.png').is_file()


@pytest.mark.parametrize(
    'rows, classes, named',
    [
        ([], CLASSES, 'empty'),
        ([{}], CLASSES, 'empty'),
        ([row()], ['road'], '1 classes but 2'),
        ([row(), dict(image=row()['image'])], CLASSES, 'row 1'),
        ([row(truth=np.zeros((16, 32, 2), np.uint8))], CLASSES, "'truth'"),
    ],
)
def test_wrong_input_is_named(tmp_path, rows, classes, named):
    with pytest.raises(ValueError, match=named):
        comparison_figure(rows, classes, PALETTE, tmp_path / 'picture.png')
