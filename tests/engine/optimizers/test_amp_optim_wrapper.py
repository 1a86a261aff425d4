"""Mixed precision on the CPU, and where nothing changes."""

from copy import deepcopy

import pytest
import torch
from mmengine.optim import AmpOptimWrapper as StockAmpOptimWrapper
from mmseg.registry import OPTIM_WRAPPERS
from torch import nn

from mmuda.engine.optimizers import AmpOptimWrapper

SLOW = 'no instructions for bfloat16'


@pytest.fixture(autouse=True)
def no_gpu(monkeypatch):
    monkeypatch.setattr('mmuda.engine.optimizers.amp_optim_wrapper.get_device', lambda: 'cpu')
    monkeypatch.setattr('mmengine.runner.amp.get_device', lambda: 'cpu')


def make_wrapper(**options) -> tuple[nn.Module, AmpOptimWrapper]:
    torch.manual_seed(0)
    layer = nn.Linear(4, 3)
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.1, momentum=0.9)
    return layer, AmpOptimWrapper(optimizer=optimizer, **options)


def step(layer: nn.Module, wrapper: AmpOptimWrapper) -> torch.dtype:
    """Make one iteration and return the type in which the layer was computed."""
    with wrapper.optim_context(layer):
        output = layer(torch.arange(8.0).reshape(2, 4))
    wrapper.update_params(output.float().square().mean())
    return output.dtype


def test_its_name_in_a_config_of_mmsegmentation_is_that_of_mmengine():
    assert OPTIM_WRAPPERS.get('AmpOptimWrapper') is AmpOptimWrapper


@pytest.mark.parametrize(
    'options',
    [{}, dict(loss_scale='dynamic'), dict(dtype='bfloat16'), dict(dtype=torch.bfloat16, loss_scale=512.0)],
    ids=str,
)
def test_autocast_is_bfloat16_without_a_gradient_scaler(options):
    layer, wrapper = make_wrapper(**options)
    before = layer.weight.clone()
    assert step(layer, wrapper) == torch.bfloat16
    assert not wrapper.loss_scaler.is_enabled()
    assert layer.weight.dtype == torch.float32 and not torch.equal(layer.weight, before)


def test_gradients_are_clipped_and_accumulated():
    layer, wrapper = make_wrapper(clip_grad=dict(max_norm=0.01), accumulative_counts=2)
    wrapper.initialize_count_status(layer, 0, 4)
    before = layer.weight.clone()
    step(layer, wrapper)
    assert torch.equal(layer.weight, before)
    step(layer, wrapper)
    assert 0 < (layer.weight - before).norm() <= 0.1 * 0.01 * 1.001


@pytest.mark.parametrize('dtype', ['float16', 'float32', torch.float16])
def test_another_type_is_refused(dtype):
    with pytest.raises(
        ValueError, match=r"on the CPU mixed precision is bfloat16: set optim_wrapper\.dtype='bfloat16'"
    ):
        make_wrapper(dtype=dtype)


def test_its_state_is_that_of_the_optimizer_and_restores_it():
    layer, wrapper = make_wrapper()
    step(layer, wrapper)
    state = wrapper.state_dict()
    assert set(state) == set(wrapper.optimizer.state_dict())
    other, resumed = make_wrapper()
    other.load_state_dict(layer.state_dict())
    resumed.load_state_dict(deepcopy(state))
    for pair in ((layer, wrapper), (other, resumed)):
        step(*pair)
    assert torch.equal(layer.weight, other.weight)


def test_the_state_of_a_run_on_a_gpu_can_be_loaded():
    layer, wrapper = make_wrapper()
    scaled = dict(wrapper.state_dict(), loss_scaler=torch.amp.GradScaler('cpu').state_dict())
    wrapper.load_state_dict(scaled)
    assert 'loss_scaler' not in wrapper.state_dict()


def test_the_state_without_a_scaler_can_be_loaded_on_a_gpu():
    _, wrapper = make_wrapper()
    saved = wrapper.state_dict()
    wrapper.loss_scaler = torch.amp.GradScaler('cpu', init_scale=8.0)  # as there
    wrapper.load_state_dict(saved)
    assert wrapper.state_dict()['loss_scaler']['scale'] == 8.0


@pytest.mark.parametrize('native', [True, False])
def test_a_cpu_that_emulates_bfloat16_is_warned_about(native, monkeypatch):
    monkeypatch.setattr('mmuda.engine.optimizers.amp_optim_wrapper.cpu_has_bfloat16', lambda: native)
    said = []
    monkeypatch.setattr(
        'mmuda.engine.optimizers.amp_optim_wrapper.print_log', lambda message, **options: said.append(message)
    )
    make_wrapper()
    assert [SLOW in message for message in said] == ([] if native else [True])


def test_on_a_gpu_it_is_the_stock_wrapper(monkeypatch):
    given = []
    monkeypatch.setattr('mmuda.engine.optimizers.amp_optim_wrapper.get_device', lambda: 'cuda')
    monkeypatch.setattr(StockAmpOptimWrapper, '__init__', lambda self, *args, **options: given.append((args, options)))
    make_wrapper(loss_scale=512.0, dtype='bfloat16')
    ((args, options),) = given
    assert args == (512.0, 'bfloat16') and set(options) == {'optimizer'}
