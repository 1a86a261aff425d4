import numpy as np
import pytest
import torch
from mmseg.registry import MODELS, TASK_UTILS
from PIL import Image
from torch import nn

from mmuda.pseudo_labels import FixedSizePredictor


class Plain(nn.Module):
    """Two classes: brighter or darker than gray; seen at the size of the input."""

    def __init__(self) -> None:
        super().__init__()
        self.data_preprocessor = MODELS.build(dict(type='UDADataPreprocessor', mean=[128.0] * 3, std=[1.0] * 3))
        self.decode_head = nn.Identity()
        self.decode_head.align_corners = True

    def extract_feat(self, inputs: torch.Tensor) -> torch.Tensor:
        return torch.cat([inputs.mean(1, keepdim=True), -inputs.mean(1, keepdim=True)], dim=1)


@pytest.mark.parametrize('fit', [False, True])
def test_labels_have_the_size_of_the_input(fit):
    image = np.full((30, 40, 3), 200, np.uint8)
    probabilities = FixedSizePredictor((64, 38), fit)(Plain(), image, 'a')
    assert probabilities.shape == (2, 38, 64)
    label = probabilities.argmax(0)
    assert (label[:, :50] == 0).all() and bool((label[:, 51:] == int(fit)).all())  # filled with 0


def test_description_builds_it_again():
    description = FixedSizePredictor((64, 38), fit=True).description()
    assert TASK_UTILS.build(description).description() == description


@pytest.mark.parametrize(
    'large, small', [((1024, 2048), (760, 1280)), ((1024, 2048), (320, 640)), ((64, 128), (33, 65))]
)
def test_labels_of_the_training_size_survive_the_size_of_the_image(large, small):
    label = np.random.default_rng(0).integers(0, 19, small).astype(np.uint8)
    enlarged = Image.fromarray(label).resize(large[::-1], Image.Resampling.NEAREST)
    back = np.asarray(enlarged.resize(small[::-1], Image.Resampling.NEAREST))
    np.testing.assert_array_equal(back, label)
