"""Stock inference on our models."""

from pathlib import Path

import mmuda  # noqa: F401

# isort: split
import numpy as np
import pytest
from mmseg.apis import MMSegInferencer
from PIL import Image

CONFIGS = Path(__file__).parents[1] / 'configs'


@pytest.mark.parametrize('name', ['toy/mrnet.py', 'camvid/mrnet_rectified.py'])
def test_stock_inferencer_takes_a_training_config_and_an_image_without_label(tmp_path, name):
    Image.fromarray(np.zeros((24, 36, 3), np.uint8)).save(tmp_path / 'street.png')
    inferencer = MMSegInferencer(str(CONFIGS / name), device='cpu')
    assert inferencer(str(tmp_path / 'street.png'))['predictions'].shape == (24, 36)
