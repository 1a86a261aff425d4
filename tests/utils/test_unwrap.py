"""Finding the model in what it is wrapped in."""

import pytest
from mmengine.model import BaseTTAModel
from mmengine.registry import MODEL_WRAPPERS
from torch import nn

from mmuda.utils.unwrap import unwrap, unwrap_segmentor


class Averaged(BaseTTAModel):
    def merge_preds(self, data_samples_list):
        return data_samples_list


class Predicting(nn.Linear):
    def test_step(self, data):
        return data


@pytest.fixture
def distributed(monkeypatch):
    class Distributed(nn.Module):
        def __init__(self, module: nn.Module) -> None:
            super().__init__()
            self.module = module

    monkeypatch.setitem(MODEL_WRAPPERS._module_dict, 'Distributed', Distributed)
    return Distributed


def test_model_is_found_in_its_wrapper(distributed):
    model = nn.Linear(1, 1)
    assert unwrap(distributed(model)) is model and unwrap(model) is model


def test_a_module_called_module_is_no_wrapper():
    model = nn.Module()
    model.module = nn.Linear(1, 1)
    assert unwrap(model) is model and unwrap_segmentor(model) is model


def test_segmentor_is_found_in_test_time_augmentation(distributed):
    model = Predicting(1, 1)
    assert unwrap_segmentor(Averaged(model)) is model
    assert unwrap_segmentor(distributed(Averaged(model))) is model
    assert unwrap_segmentor(model) is model
