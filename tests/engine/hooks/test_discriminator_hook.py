"""Clear errors of adversarial training."""

import pytest
import torch

from tests.helpers.tiny import hook_of, load, make_data, tiny_config, train

pytestmark = pytest.mark.integration


@pytest.fixture(scope='module')
def data(tmp_path_factory):
    return make_data(tmp_path_factory.mktemp('data'))


def discriminator_hook(cfg):
    return next(hook for hook in cfg.custom_hooks if hook.type == 'DiscriminatorHook')


@pytest.fixture(scope='module')
def trained(data, tmp_path_factory):
    """A run of one iteration, and its checkpoint."""
    folder = tmp_path_factory.mktemp('trained')
    runner = train(tiny_config(data, folder, train_cfg__max_iters=1))
    return runner, folder / 'iter_1.pth'


def test_hook_without_objective_is_refused(data, tmp_path):
    cfg = tiny_config(data, tmp_path)
    cfg.model.objectives = cfg.model.objectives[:1]
    with pytest.raises(ValueError, match="no AdversarialAlignment objective named 'adversarial'"):
        train(cfg)


def test_objective_without_hook_is_refused(data, tmp_path):
    with pytest.raises(RuntimeError, match='no discriminators: add dict.type="DiscriminatorHook"'):
        train(tiny_config(data, tmp_path, custom_hooks=[]))


def test_resuming_with_discriminators_of_other_classifiers_is_refused(data, trained, tmp_path):
    cfg = tiny_config(data, tmp_path, resume=True, load_from=str(trained[1]))
    cfg.model.objectives[1].weights = dict(main=1e-3)
    with pytest.raises(RuntimeError, match=r"has discriminators for \['aux', 'main'\], this run trains \['main'\]"):
        train(cfg)


def test_resuming_with_another_discriminator_is_refused(data, trained, tmp_path):
    cfg = tiny_config(data, tmp_path, resume=True, load_from=str(trained[1]))
    discriminator_hook(cfg).discriminator.base_channels = 8
    with pytest.raises(RuntimeError, match='size mismatch'):
        train(cfg)


def test_load_from_starts_new_discriminators(data, trained, tmp_path):
    """They belong to a training, not to the weights a stage starts from."""
    cfg = tiny_config(data, tmp_path, load_from=str(trained[1]))
    discriminator_hook(cfg).optimizer.lr = 0.0
    runner = train(cfg)
    saved = load(trained[1])['discriminators']['main']['state_dict']['scales.0.convs.0.weight']
    got = hook_of(runner, 'DiscriminatorHook').discriminators['main'].state_dict()['scales.0.convs.0.weight']
    assert not torch.equal(got, saved)


def test_checkpoint_holds_the_discriminators_beside_the_model(trained):
    runner, path = trained
    checkpoint = load(path)
    assert not [key for key in checkpoint['state_dict'] if 'discriminator' in key]
    want = hook_of(runner, 'DiscriminatorHook').discriminators['aux'].state_dict()
    assert all(
        torch.equal(want[key], value) for key, value in checkpoint['discriminators']['aux']['state_dict'].items()
    )


def test_discriminators_leave_the_step_frozen_and_without_gradients(trained):
    for parameter in hook_of(trained[0], 'DiscriminatorHook').discriminators.parameters():
        assert not parameter.requires_grad
        assert parameter.grad is None or not parameter.grad.any()


def test_discriminator_losses_are_logged(trained):
    scalars = trained[0].message_hub.log_scalars
    for name in ('aux', 'main'):
        assert float(scalars[f'train/adversarial.discriminator_loss_{name}'].current()) > 0


def test_a_discriminator_that_is_ruined_is_named(data, tmp_path):
    cfg = tiny_config(data, tmp_path, default_hooks__loss_check__interval=1)
    cfg.model.objectives[1].begin = 1
    discriminator_hook(cfg).discriminator.init_std = float('inf')
    with pytest.raises(FloatingPointError, match='adversarial.discriminator_loss_aux'):
        train(cfg)
