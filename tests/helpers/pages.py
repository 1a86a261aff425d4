"""A small page with every part."""

from pathlib import Path

import numpy as np

from mmuda.visualization.html import (
    Section,
    bars,
    class_legend,
    curves,
    image_row,
    image_slider,
    table,
    write_page,
)


def write_tiny_page(path: Path) -> Path:
    """Write the page."""
    before, after = np.zeros((64, 128, 3), np.uint8), np.full((64, 128, 3), 255, np.uint8)
    images = {'before': before, 'after': after, 'gray': after // 2}
    parts = [
        table(['run', 'mIoU'], [['source only', '40.0'], ['method', '42.0']], emphasized=[1]),
        image_row(images),
        image_slider(images, 'before', 'after'),
        class_legend(['road', 'sky'], [(128, 64, 128), (70, 130, 180)]),
        bars({'source only': [1.0, 2.0], 'method': [2.0, 3.0]}, ['road', 'sky'], 'IoU', 'classes'),
        curves({'source only': ([1, 2], [3.0, 2.0])}, 'iterations', 'loss', 'losses'),
    ]
    return write_page(path, 'Tiny runs', 'Two of them.', [Section('Result', 'What was found.', parts)])
