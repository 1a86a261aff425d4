"""The loop that starts anywhere."""

import pytest

from tests.helpers.tiny import make_data, tiny_config, train


@pytest.fixture(scope='module')
def data(tmp_path_factory):
    return make_data(tmp_path_factory.mktemp('data'))


def test_sampler_that_cannot_start_anywhere_is_refused(data, tmp_path):
    cfg = tiny_config(data, tmp_path, 'source_only', train_dataloader__sampler__type='InfiniteSampler')
    with pytest.raises(TypeError, match="got InfiniteSampler: set train_dataloader.sampler=dict.type='UDASampler'"):
        train(cfg)


def test_no_iterations_are_refused(data, tmp_path):
    with pytest.raises(ValueError, match='train_cfg.max_iters must be a positive integer, got 0'):
        train(tiny_config(data, tmp_path, 'source_only', train_cfg__max_iters=0))


def test_pseudo_labels_exist_before_workers_start(data, tmp_path):
    """Persistent workers keep the dataset as it was when they started: without labels they would fail."""
    cfg = tiny_config(
        data, tmp_path, 'mrnet_stage2', train_dataloader__num_workers=1, train_dataloader__persistent_workers=True
    )
    cfg.custom_hooks = [hook for hook in cfg.custom_hooks if hook.type == 'PseudoLabelHook']
    cfg.custom_hooks[0].predictor = dict(type='MultiViewPredictor', flip=False)
    runner = train(cfg)
    assert runner.iter == 2
