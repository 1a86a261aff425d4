"""A student with one classifier under every method, with no setting but its head."""

from pathlib import Path

import pytest
from mmengine.config import Config

from tests.helpers.tiny import make_data, tiny_config, tiny_self_training_config, train

HEAD = dict(type='FCNHead', in_channels=64, in_index=1, channels=8, num_convs=1, num_classes=19)


@pytest.fixture(scope='module')
def data(tmp_path_factory) -> Path:
    return make_data(tmp_path_factory.mktemp('data'))


def with_one_classifier(cfg: Config) -> Config:
    cfg.model.segmentor.decode_head = HEAD
    return cfg


@pytest.mark.parametrize('name', ['source_only', 'dacs'])
def test_methods_of_iterations(data, tmp_path, name):
    cfg = with_one_classifier(tiny_config(data, tmp_path, name, train_cfg__max_iters=1))
    if name == 'dacs':
        cfg.train_dataloader.dataset.target.pipeline[1].scale = (64, 48)  # ClassMix pairs images of one size
    assert train(cfg).iter == 1


@pytest.mark.parametrize('name', ['cbst', 'crst_lrent', 'crst_mrkld'])
def test_methods_of_rounds(data, tmp_path, name):
    cfg = with_one_classifier(
        tiny_self_training_config(data, tmp_path, name, train_cfg__num_rounds=1, train_cfg__iterations=1)
    )
    assert train(cfg).iter == 1


def test_a_method_that_needs_two_names_its_objective(data, tmp_path):
    cfg = with_one_classifier(tiny_config(data, tmp_path, 'mrnet'))
    with pytest.raises(ValueError, match="objective 'adversarial': .* of the student has .'main'.: set weights"):
        train(cfg)
