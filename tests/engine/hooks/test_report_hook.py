"""The page of a run while it trains."""

import shutil
import uuid
from pathlib import Path

import pytest
from mmengine.hooks import Hook
from mmseg.registry import HOOKS

from mmuda.engine.hooks import ReportHook
from tests.helpers.tiny import (
    add_hook,
    assert_same,
    load,
    make_data,
    small_dacs_config,
    tiny_self_training_config,
    train,
)


@HOOKS.register_module()
class KeepReport(Hook):
    """Keep a copy of the page after each iteration."""

    priority = 100  # after the hook that writes it

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        shutil.copy(Path(runner.work_dir, 'report.html'), Path(runner.work_dir, f'after_{runner.iter + 1}.html'))


@pytest.fixture(scope='module')
def data(tmp_path_factory):
    return make_data(tmp_path_factory.mktemp('data'))


def config(data, work_dir, **options):
    return small_dacs_config(data, work_dir, **own_notes(), **options)


def own_notes() -> dict:
    """Settings by which a run notes all in its own work dir: mmengine's visualizers are singletons by name."""
    return dict(default_hooks__logger__interval=1, visualizer__name=uuid.uuid4().hex)


@pytest.fixture(scope='module')
def run(data, tmp_path_factory):
    """The work dir of three iterations."""
    work_dir = tmp_path_factory.mktemp('run')
    cfg = config(data, work_dir, train_cfg__max_iters=3)
    add_hook(add_hook(cfg, type='ReportHook', interval=2, pictures=2), type='KeepReport')
    train(cfg)
    return work_dir


def test_the_page_is_there_before_training_and_refreshed_every_n_iterations(run):
    first, second, third = ((run / f'after_{iteration}.html').read_text() for iteration in (1, 2, 3))
    assert 'nothing was logged yet' in first and '<h2>Training</h2>' not in first
    assert '<h2>Training</h2>' in second
    assert third == second


def test_it_ends_with_the_whole_run_and_its_pictures(run):
    text = (run / 'report.html').read_text()
    assert '<td>3</td>' in text
    assert text.count('<figure class="slider"') == 2
    for title in ('image', 'prediction', 'uncertainty', 'prediction of the teacher'):
        assert text.count(f'alt="{title}"') == 2
    assert 'teacher and student, 2 images of target' in text and 'two classifiers, 2 images of target' in text


def test_training_is_as_it_is_without_a_page(run, data, tmp_path):
    train(config(data, tmp_path, train_cfg__max_iters=3))
    assert_same(*(load(folder / 'iter_3.pth')['state_dict'] for folder in (run, tmp_path)))


def test_rounds_show_their_pseudo_labels_beside_predictions(data, tmp_path):
    train(add_hook(tiny_self_training_config(data, tmp_path, **own_notes()), type='ReportHook', pictures=1))
    text = (tmp_path / 'report.html').read_text()
    for title in ('labels: round 0', 'labels: round 1', 'confidence of the labels'):
        assert f'alt="{title}"' in text
    assert 'round 0 and round 1' in text


def test_a_page_that_cannot_be_written_ends_a_run_before_training_and_not_later(data, tmp_path, monkeypatch):
    hook = ReportHook(interval=1)
    runner = train(config(data, tmp_path / 'run', train_cfg__max_iters=1))
    warnings = []
    monkeypatch.setattr(runner.logger, 'warning', warnings.append)
    hook.out = '.'
    with pytest.raises(OSError):
        hook.before_train(runner)
    hook.after_train_iter(runner, 0)
    assert len(warnings) == 1 and 'training goes on' in warnings[0]


@pytest.mark.parametrize('settings', [dict(interval=0), dict(pictures=-1)])
def test_numbers_below_their_least_are_refused(settings):
    with pytest.raises(ValueError, match=next(iter(settings))):
        ReportHook(**settings)
