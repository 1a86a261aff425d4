"""A loss that is no number ends the run."""

from pathlib import Path

import pytest
import torch
from mmengine.hooks import Hook
from mmseg.registry import HOOKS, MODELS

from mmuda.models.objectives import Objective
from tests.helpers.tiny import add_hook, make_data, tiny_config, train


@MODELS.register_module()
class RuinedObjective(Objective):
    """NaN in the second iteration alone, else 0."""

    def losses(self, step):
        value = float('nan') if step.iteration == 1 else 0.0
        return dict(loss=step.logits('source')['main'].mean() * value)


@HOOKS.register_module()
class SaveRuined(Hook):
    """Leave a checkpoint with weights that are not finite."""

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        if runner.iter == 0:
            weights = runner.model.state_dict()
            weights[next(iter(weights))].fill_(float('inf'))
            torch.save(dict(state_dict=weights), f'{runner.work_dir}/iter_1.pth')
            Path(runner.work_dir, 'last_checkpoint').write_text('iter_1.pth')


@pytest.fixture(scope='module')
def data(tmp_path_factory):
    return make_data(tmp_path_factory.mktemp('data'))


def config(data, work_dir, **options):
    cfg = tiny_config(data, work_dir, 'source_only', train_cfg__max_iters=6, **options)
    cfg.model.objectives.append(dict(type='RuinedObjective', name='ruined'))
    return cfg


def test_the_first_ruined_term_is_named(data, tmp_path):
    """One iteration later every loss is NaN."""
    with pytest.raises(FloatingPointError) as error:
        train(config(data, tmp_path, default_hooks__loss_check__interval=4))
    assert 'not finite: ruined.loss.' in str(error.value)
    assert 'iteration 4' in str(error.value)
    assert 'No checkpoint was saved before' in str(error.value)


def test_ruined_weights_are_not_saved(data, tmp_path):
    with pytest.raises(FloatingPointError, match='ruined.loss.*last checkpoint, .*iter_1.pth, is from before'):
        train(
            config(
                data,
                tmp_path,
                default_hooks__loss_check__interval=100,
                default_hooks__checkpoint__interval=1,
                default_hooks__checkpoint__max_keep_ckpts=-1,
            )
        )
    assert [path.name for path in tmp_path.glob('*.pth')] == ['iter_1.pth']
    state = torch.load(tmp_path / 'iter_1.pth', weights_only=False)['state_dict']
    assert all(value.isfinite().all() for value in state.values())


def test_last_checkpoint_that_is_diverged_too_is_not_called_sound(data, tmp_path):
    """Written by another run here; weights that lose nothing by it can be ruined before any loss is."""
    with pytest.raises(FloatingPointError) as error:
        train(add_hook(config(data, tmp_path, default_hooks__loss_check__interval=100), type='SaveRuined'))
    assert 'last checkpoint, ' in str(error.value) and 'iter_1.pth, is diverged, too: student.' in str(error.value)
    assert 'from before' not in str(error.value)


@HOOKS.register_module()
class RuinStatistics(Hook):
    """What a batch of huge values leaves in a BatchNorm; the losses do not see it."""

    def __init__(self, of_teacher: bool) -> None:
        self.of_teacher = of_teacher

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None) -> None:
        if runner.iter == 1:
            network = runner.model.teacher if self.of_teacher else runner.model.student
            network.backbone.bn1.running_var[0] = float('inf')


@pytest.mark.parametrize('method, name', [('source_only', r'model: student\.'), ('dacs', r'teacher: ')])
def test_ruined_statistics_are_not_saved(data, tmp_path, method, name):
    cfg = tiny_config(
        data, tmp_path, method, default_hooks__checkpoint__interval=1, default_hooks__checkpoint__max_keep_ckpts=-1
    )
    cfg.custom_hooks = [dict(type='RuinStatistics', of_teacher=method == 'dacs')]
    if method == 'dacs':  # ClassMix pairs images: the target has the size of the source's crops
        cfg.train_dataloader.dataset.target.pipeline[1].scale = (64, 48)
    with pytest.raises(FloatingPointError, match=f'of iteration 2, {name}backbone.bn1.running_var has values that are'):
        train(cfg)
    assert [path.name for path in tmp_path.glob('*.pth')] == ['iter_1.pth']
