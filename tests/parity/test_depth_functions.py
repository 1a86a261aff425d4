"""Losses, maps of the discriminators, optimizer groups and schedules of DADA, CTRL and Depth Distribution."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from mmengine.config import Config
from mmseg.models.utils import resize
from torch import Tensor

from mmuda.engine.schedulers import WarmupPolyLR
from mmuda.models.discriminator_maps import CrossTaskRelation, SelfInformation
from mmuda.models.discriminator_maps.depth_bins import bin_depths, bin_probabilities, inverse_bins
from mmuda.models.losses import BerHuLoss, PixelCrossEntropyLoss, VanillaGANLoss, weighted_self_information
from tests.helpers.golden import Case, cases, each_case, each_variant
from tests.helpers.tolerances import assert_within
from tests.parity.test_advent_functions import check_groups, discriminator, gradient_norms, leaf
from tests.parity.test_optimizer import rates_at
from tools.model_converters.advent_family import CTRL, DADA

CONFIGS = Path(__file__).resolve().parents[2] / 'configs'


def step(size: tuple[int, int], logits: dict[str, Tensor], **outputs: Tensor) -> SimpleNamespace:
    """A step whose student gives these."""

    def resized(value: Tensor, view: str = '') -> Tensor:
        return resize(value, size, mode='bilinear', align_corners=True, warning=False)

    return SimpleNamespace(
        logits=lambda view: {name: resized(value) for name, value in logits.items()},
        outputs=lambda view: {**logits, **outputs},
        resize=resized,
    )


def size_of(case: Case) -> tuple[int, int]:
    return tuple(case['param_size_hw'].tolist())


def largest(values: np.ndarray) -> float:
    return float(np.abs(values).max())


@each_variant('dada', 'berhu*', 'in_pred_')
def test_berhu(case, suffix):
    assert suffix in case['param_cases']
    prediction = leaf(case[f'in_pred_{suffix}'])
    loss = BerHuLoss()(prediction, torch.from_numpy(case[f'in_label_{suffix}']).reshape(prediction.shape))
    loss.backward()
    want, gradient = case[f'out_loss_{suffix}'], case[f'out_grad_pred_{suffix}']
    if np.isnan(want):  # every error is 0: ours gives 0
        assert np.isnan(gradient).all()
        want, gradient = 0, np.zeros_like(gradient)
    assert_within(loss.detach(), want, 0, 1e-4 if abs(want) < 1e-30 else 1e-6, suffix)
    assert_within(prediction.grad, gradient, 1e-9, 1e-5, suffix)


@each_case('depdis', 'density_loss*')
def test_density_loss(case):
    prediction = leaf(case['in_pred_density'])
    loss = BerHuLoss()(prediction, torch.from_numpy(case['in_density_label']))
    loss.backward()
    assert_within(loss.detach(), case['out_loss'], 0, 1e-6)
    assert_within(prediction.grad, case['out_grad_pred_density'], 1e-9, 1e-4)


@each_case('depdis', 'density_loss*')
def test_equal_maps_cost_nothing(case):
    equal = leaf(case['in_equal'])
    BerHuLoss()(equal, equal.detach()).backward()
    assert np.isnan(case['out_loss_equal'])
    assert np.isnan(case['out_grad_equal']).all()
    assert not equal.grad.any()


@pytest.mark.parametrize(
    'case, factor, seg_tolerance, factor_tolerance',
    [
        (('dada', name), 'depth', lambda want: (1e-3 * float(want.std()), 1e-4), lambda want: (1e-5, 1e-4))
        for name in cases('dada', 'adversarial_input*')
    ]
    + [
        (
            ('depdis', name),
            'density',
            lambda want: (1e-5 * largest(want), 1e-4),
            lambda want: (1e-5 * largest(want), 1e-4),
        )
        for name in cases('depdis', 'discriminator_input*')
    ],
    indirect=['case'],
)
def test_self_information_times_an_output(case, factor, seg_tolerance, factor_tolerance):
    logits, values = leaf(case['in_seg_logits']), leaf(case[f'in_{factor}'])
    joint = SelfInformation(factor).fake(step(size_of(case), dict(main=logits), **{factor: values}), '', ['main'])[
        'main'
    ]
    joint.backward(torch.from_numpy(case['in_upstream']))
    assert_within(joint.detach(), case['out_joint'], 1e-6 * largest(case['out_joint']), 1e-5)
    seg, other = case['out_grad_seg_logits'], case[f'out_grad_{factor}']
    assert_within(logits.grad, seg, *seg_tolerance(seg), 'seg')
    assert_within(values.grad, other, *factor_tolerance(other), factor)


@each_case('depdis', 'adversarial_losses*')
def test_adversarial_losses(case):
    net = discriminator(case)
    maps, leaves = {}, {}
    for view in ('source', 'target'):
        leaves[view] = leaf(case[f'in_seg_{view}']), leaf(case[f'in_density_{view}'])
        made = step(size_of(case), dict(main=leaves[view][0]), density=leaves[view][1])
        maps[view] = SelfInformation('density').fake(made, view, ['main'])['main']
    net.requires_grad_(False)
    logits = net(maps['target'])
    loss = VanillaGANLoss().generator(logits)
    loss.backward()
    assert_within(logits[0].detach(), case['out_d_logits_target'], 1e-5, 1e-4)
    assert_within(loss.detach(), case['out_loss_adv'], 0, 1e-5)
    for values, key in zip(leaves['target'], ('out_grad_seg_target', 'out_grad_density_target')):
        assert_within(values.grad, case[key], 2e-5 * largest(case[key]), 1e-3, key)
    net.requires_grad_(True)
    total = VanillaGANLoss().discriminator(net, fake=maps['target'], real=maps['source'])
    total.backward()
    assert_within(total.detach(), case['out_loss_d_source'] + case['out_loss_d_target'], 0, 1e-5)
    for view, label in (('source', 0), ('target', 1)):
        raw = net(maps[view].detach())[0]
        assert_within(
            F.binary_cross_entropy_with_logits(raw, torch.full_like(raw, label)).detach(),
            case[f'out_loss_d_{view}'],
            0,
            1e-5,
            view,
        )
    norms = case['out_d_weight_grad_l2']
    assert_within(gradient_norms(net, case['param_d_names']), norms, 2e-5 * largest(norms), 1e-3)


@each_variant('ctrl', 'depth_bins*', 'in_depth_')
def test_depth_bins(case, suffix):
    depths = bin_depths(int(case['param_num_bins']), suffix)
    bins = inverse_bins(depths)
    assert_within(depths, case[f'out_bins_m_{suffix}'], 1e-12, 1e-14)
    assert_within(bins, case[f'out_inverse_bins_{suffix}'], 0, 2e-7)
    depth = leaf(case[f'in_depth_{suffix}'])
    probabilities = bin_probabilities(depth, bins, float(case['param_sigma']))
    information = weighted_self_information(probabilities)
    information.backward(torch.from_numpy(case['in_upstream']))
    assert_within(probabilities.detach(), case[f'out_prob_{suffix}'], 3e-6, 1e-5)
    assert_within(information.detach(), case[f'out_self_information_{suffix}'], 5e-6, 1e-5)
    assert_within(depth.grad, case[f'out_grad_depth_{suffix}'], 1e-4, 1e-3)


@each_case('ctrl', 'cross_task*')
def test_cross_task_relation(case):
    maps = CrossTaskRelation(int(case['param_num_bins']))
    size = case['in_depth'].shape[2:]
    keys = ('seg_logits', 'srh_logits', 'depth')

    def joint() -> tuple[dict[str, Tensor], Tensor]:
        leaves = {key: leaf(case[f'in_{key}']) for key in keys}
        made = step(size, dict(main=leaves['seg_logits'], refined=leaves['srh_logits']), depth=leaves['depth'])
        return leaves, maps.fake(made, '', maps.names(('main', 'refined')))['joint']

    comparable = np.abs(case['in_depth']) <= 2000
    classes = case['in_seg_logits'].shape[1]
    depth_channels = slice(classes, classes + len(maps.bins))
    kept = np.ones_like(case['out_joint'], bool)
    kept[:, depth_channels] = comparable

    leaves, values = joint()
    assert values.shape[1] == maps.channels(classes)
    values.backward(torch.from_numpy(case['in_upstream']))
    assert_within(values.detach().numpy()[kept], case['out_joint'][kept], 5e-6, 1e-5)
    for key in keys:
        where = comparable if key == 'depth' else np.ones_like(case[f'in_{key}'], bool)
        assert_within(leaves[key].grad.numpy()[where], case[f'out_grad_{key}'][where], 2e-4, 1e-3, key)

    net = discriminator(case)
    leaves, values = joint()
    logits = net(values)
    loss = VanillaGANLoss().generator(logits)
    loss.backward()
    assert_within(logits[0].detach(), case['out_d_logits'], 1e-5, 1e-4)
    assert_within(loss.detach(), case['out_bce_label0'], 0, 1e-5)
    fake = F.binary_cross_entropy_with_logits(logits[0], torch.ones_like(logits[0]))
    assert_within(fake.detach(), case['out_bce_label1'], 0, 1e-5)
    for key in keys:
        where = comparable if key == 'depth' else np.ones_like(case[f'in_{key}'], bool)
        want = case[f'out_adv_grad_{key}'][where]
        assert_within(leaves[key].grad.numpy()[where], want, 2e-4 * largest(want), 1e-3, key)
    norms = case['out_d_weight_grad_l2_label0']
    assert_within(gradient_norms(net, case['param_d_names']), norms, 0, 1e-4)


@each_case('ctrl', 'source_losses*')
def test_source_losses(case):
    seg, srh, depth = (leaf(case[f'in_{key}']) for key in ('seg_logits', 'srh_logits', 'depth'))
    labels = torch.from_numpy(case['in_label'])
    terms = dict(
        ce_seg=PixelCrossEntropyLoss()(seg, labels),
        ce_srh=PixelCrossEntropyLoss()(srh, labels),
        berhu_depth=BerHuLoss()(depth, torch.from_numpy(case['in_inverse_depth'])[:, None]),
    )
    for name, value in terms.items():
        assert_within(value.detach(), case[f'out_{name}'], 0, 1e-5, name)
    total = float(case['param_lambda_seg']) * (terms['ce_seg'] + terms['ce_srh'])
    total = total + float(case['param_lambda_depth']) * terms['berhu_depth']
    total.backward()
    assert_within(total.detach(), case['out_total'], 0, 1e-5)
    for values, name in ((seg, 'seg_logits'), (srh, 'srh_logits'), (depth, 'depth')):
        assert_within(values.grad, case[f'out_grad_{name}'], 1e-8, 1e-5, name)


@pytest.mark.parametrize(
    'case, config, release',
    [(('dada', name), 'dada/synthia2cs.py', DADA) for name in cases('dada', 'optimizer_groups*')]
    + [(('ctrl', name), 'ctrl/synthia2cs.py', CTRL) for name in cases('ctrl', 'optimizer_groups*')],
    indirect=['case'],
)
def test_optimizer_groups(case, config, release):
    check_groups(case, CONFIGS / config, release)
    assert Config.fromfile(CONFIGS / config).optim_wrapper.optimizer.lr == float(case['param_base_lr'])


@each_case('ctrl', 'optimizer_groups*')
def test_schedule_of_ctrl(case):
    cfg = Config.fromfile(CONFIGS / 'ctrl' / 'synthia2cs.py')
    end = round(cfg.param_scheduler.max_iters * cfg.train_cfg.max_iters)
    assert end == int(case['param_max_iters'])
    base = float(case['param_base_lr'])
    rates = [base, *[10 * base] * (case['out_lr_groups'].shape[1] - 1)]
    optimizer = torch.optim.SGD([dict(params=[torch.zeros(1)], lr=rate) for rate in rates], lr=base)
    scheduler = WarmupPolyLR(optimizer, max_iters=end, power=float(case['param_power']))
    assert_within(rates_at(case['in_iter'], scheduler), case['out_lr_groups'], 0, 1e-9)


@each_case('depdis', 'lr_schedule*')
def test_schedule_of_depth_distribution(case):
    for experiments in ('exp123', 'exp45'):
        for base, key in ((case['param_base_lr'], 'lr'), (case[f'param_base_lr_d_{experiments}'], 'lr_d')):
            optimizer = torch.optim.SGD([torch.zeros(1)], lr=float(base))
            scheduler = WarmupPolyLR(
                optimizer, max_iters=int(case['param_max_iters']), power=float(case['param_power'])
            )
            got = rates_at(case['in_iter'], scheduler)[:, 0]
            assert_within(got, case[f'out_{key}_{experiments}'], 0, 1e-9, key)
