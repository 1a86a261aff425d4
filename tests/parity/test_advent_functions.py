"""Self-information, entropy, cross entropy, discriminator, optimizer groups and schedule of ADVENT."""

from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmengine.registry import init_default_scope
from mmseg.registry import MODELS
from torch import Tensor, nn

from mmuda.engine.schedulers import WarmupPolyLR
from mmuda.models.discriminators import FCDiscriminator
from mmuda.models.losses import EntropyLoss, PixelCrossEntropyLoss, VanillaGANLoss, weighted_self_information
from tests.helpers.depth_steps import discriminator_name
from tests.helpers.golden import Case, cases, each_case, load_case, original_state
from tests.helpers.tolerances import assert_within
from tests.parity.test_optimizer import rates_at
from tools.model_converters.advent_family import MULTI_LEVEL, SINGLE_LEVEL, Release

CONFIGS = Path(__file__).resolve().parents[2] / 'configs'


def leaf(values: np.ndarray) -> Tensor:
    return torch.from_numpy(values.copy()).requires_grad_()


@each_case('advent', 'entropy_map*')
def test_self_information(case):
    for name, transform in (('prob', lambda x: x), ('logits', lambda x: x.softmax(1))):
        values = leaf(case[f'in_{name}'])
        got = weighted_self_information(transform(values))
        got.backward(torch.from_numpy(case['in_upstream']))
        assert_within(got.detach(), case[f'out_of_{name}'], 1e-6, 1e-5, name)
        assert_within(values.grad, case[f'out_grad_{name}'], 1e-5, 1e-5, f'gradient of {name}')


@each_case('advent', 'entropy_loss*')
def test_entropy(case):
    logits, prob = leaf(case['in_logits']), leaf(case['in_prob'])
    of_prob = weighted_self_information(prob).sum(1).mean()
    for name, values, loss in (('prob', prob, of_prob), ('logits', logits, EntropyLoss()(logits))):
        loss.backward()
        assert_within(loss.detach(), case[f'out_of_{name}'], 0, 1e-5, name)
        assert_within(values.grad, case[f'out_grad_{name}'], 1e-8, 1e-4, f'gradient of {name}')


@each_case('advent', 'cross_entropy*')
def test_cross_entropy(case):
    logits = leaf(case['in_logits'])
    labels = torch.from_numpy(case['in_label'])
    loss = PixelCrossEntropyLoss()(logits, labels)
    loss.backward()
    assert_within(loss.detach(), case['out_loss'], 0, 1e-5)
    assert_within(logits.grad, case['out_grad_logits'], 1e-8, 1e-5)


@each_case('advent', 'cross_entropy*')
def test_without_a_label_the_loss_is_zero_instead_of_nan(case):
    logits = leaf(case['in_logits'])
    loss = PixelCrossEntropyLoss()(logits, torch.full(case['in_label'].shape, 255))
    loss.backward()
    assert np.isnan(case['out_loss_all_ignored'])
    assert loss == 0
    assert np.array_equal(logits.grad, case['out_grad_logits_all_ignored'])


def discriminator(case: Case, network: str = 'discriminator') -> FCDiscriminator:
    state = {discriminator_name(name): value for name, value in original_state(case, network).items()}
    net = FCDiscriminator(state['features.0.weight'].shape[1])
    net.load_state_dict(state, strict=True)
    return net


def gradient_norms(net: nn.Module, names: np.ndarray) -> list[float]:
    gradients = {name: param.grad for name, param in net.named_parameters()}
    return [float(gradients[discriminator_name(str(name))].double().norm()) for name in names]


@pytest.mark.parametrize('label', [0, 1])
@each_case('advent', 'discriminator*')
def test_discriminator(case, label):
    net, maps = discriminator(case), leaf(case['in_map'])
    logits = net(maps)
    loss = F.binary_cross_entropy_with_logits(logits[0], torch.full_like(logits[0], label))
    ours = VanillaGANLoss().generator(logits) if label == 0 else loss
    ours.backward()
    assert_within(logits[0].detach(), case['out_logits'], 2e-6, 1e-4)
    assert_within(ours.detach(), case[f'out_bce_label{label}'], 0, 1e-5)
    assert_within(maps.grad, case[f'out_grad_map_label{label}'], 2e-8, 1e-4)
    assert_within(gradient_norms(net, case['param_names']), case[f'out_weight_grad_l2_label{label}'], 0, 1e-5)


@each_case('advent', 'discriminator*')
def test_losses_of_the_discriminator(case):
    net, maps = discriminator(case), torch.from_numpy(case['in_map'])
    for scale in (0.5, 1.0):
        loss = VanillaGANLoss(scale).discriminator(net, fake=maps, real=maps)
        assert_within(loss.detach(), scale * (case['out_bce_label0'] + case['out_bce_label1']), 0, 1e-5)


@each_case('advent', 'discriminator*')
def test_extreme_logits(case):
    raw = torch.from_numpy(case['in_raw_logits'])
    assert_within(VanillaGANLoss().generator([raw]), case['out_bce_raw_label0'], 0, 1e-5)
    both = VanillaGANLoss().discriminator(lambda maps: [raw], fake=raw, real=raw)
    assert_within(both, case['out_bce_raw_label0'] + case['out_bce_raw_label1'], 0, 1e-5)


def parameter_options(config: Path, num_classes: int) -> tuple[nn.Module, dict[str, dict]]:
    """The student of a config without storage, and the options of each of its trained parameters by name."""
    init_default_scope('mmseg')
    cfg = Config.fromfile(config)
    cfg.model.segmentor.backbone.init_cfg = None
    cfg.model.segmentor.decode_head.num_classes = num_classes
    with torch.device('meta'):
        model = MODELS.build(cfg.model)
    groups = build_optim_wrapper(model, cfg.optim_wrapper).optimizer.param_groups
    options = {id(param): group for group in groups for param in group['params']}
    named = dict(model.student.named_parameters())
    return model.student, {name: options[id(param)] for name, param in named.items() if param.requires_grad}


def check_groups(case: Case, config: Path, release: Release) -> None:
    """Names, repeats and rates of all groups of a case, against a shipped config."""
    student, options = parameter_options(config, int(case['param_num_classes']))
    ours = {release.original_name(name): name for name, _ in student.named_parameters()}
    listed = {
        str(name): bool(flag)
        for name, flag in zip(case['param_all_names'], case['param_requires_grad'])
        if str(name).split('.')[0] not in release.unread
    }
    assert {name: param.requires_grad for name, param in student.named_parameters()} == {
        ours[name]: flag for name, flag in listed.items()
    }
    groups = [key.split('_')[1] for key in case if key.startswith('out_group') and key.endswith('_names')]
    grouped = set()
    for group in groups:
        for name, repeats in zip(case[f'out_{group}_names'], case[f'out_{group}_repeats']):
            if str(name).split('.')[0] in release.unread:
                continue
            got = options[ours[str(name)]]
            assert got['lr'] == pytest.approx(float(case[f'out_{group}_lr']), rel=1e-12), name
            assert got['repeat'] == int(repeats), name
            grouped.add(ours[str(name)])
    assert grouped == set(options)


@pytest.mark.parametrize('name', cases('advent', 'optimizer_groups*'))
def test_optimizer_groups(name):
    case = load_case('advent', name)
    two = any(str(entry).startswith('layer5') for entry in case['param_all_names'])
    config = CONFIGS / 'advent' / ('gta2cs.py' if two else 'synthia2cs.py')
    check_groups(case, config, MULTI_LEVEL if two else SINGLE_LEVEL)
    assert Config.fromfile(config).optim_wrapper.optimizer.lr == float(case['param_base_lr'])


@each_case('advent', 'lr_schedule*')
def test_schedule(case):
    cfg = Config.fromfile(CONFIGS / 'advent' / 'gta2cs.py')
    base, base_d = float(case['param_base_lr']), float(case['param_base_lr_d'])
    discriminators = cfg.custom_hooks[0]
    assert (cfg.optim_wrapper.optimizer.lr, discriminators.optimizer.lr) == (base, base_d)
    heads = cfg.optim_wrapper.paramwise_cfg.custom_keys.decode_head.lr_mult
    for schedule, rates, key in (
        (cfg.param_scheduler, [base, base * heads], 'out_lr_groups'),
        (discriminators.param_scheduler, [base_d], 'out_lr_d'),
    ):
        end = round(schedule.max_iters * cfg.train_cfg.max_iters)
        assert end == int(case['param_max_iters'])
        optimizer = torch.optim.SGD([dict(params=[torch.zeros(1)], lr=rate) for rate in rates], lr=base)
        scheduler = WarmupPolyLR(optimizer, max_iters=end, power=float(case['param_power']))
        got = rates_at(case['in_iter'], scheduler)
        assert_within(got.reshape(case[key].shape), case[key], 0, 1e-9, key)
