"""The student's networks, through the converters of the released checkpoints (cases of golden/ensemble)."""

import importlib
from types import SimpleNamespace

import pytest
import torch
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmengine.registry import init_default_scope
from mmseg.registry import MODELS

from mmuda.models.backbones import DRN
from tests.helpers.golden import assert_close, cases, listed_shapes, load_case, original_state
from tests.helpers.tiny import REPO

TOLERANCE = 1e-4
CONVERTERS = {name: importlib.import_module(f'tools.model_converters.{name}') for name in ('drn', 'ensemble_student')}


def student_config(num_classes: int) -> Config:
    """The shipped method with its optimizer, without downloads."""
    cfg = Config.fromfile(REPO / 'configs' / 'ensemble' / 'gta2cs.py')
    cfg.model.segmentor.decode_head.num_classes = num_classes
    return cfg


def num_parameters(parameters) -> int:
    return sum(parameter.numel() for parameter in parameters)


@pytest.fixture(scope='module', params=cases('ensemble', 'drn_d_54*'))
def drn(request) -> SimpleNamespace:
    case = load_case('ensemble', request.param)
    original = original_state(case)
    net = DRN(depth=54, out_indices=range(9)).eval()
    net.load_state_dict(CONVERTERS['drn'].convert({**original, 'fc.weight': torch.zeros(2), 'fc.bias': torch.zeros(2)}))
    with torch.no_grad():
        layers = net(torch.from_numpy(case['in_image']))
    return SimpleNamespace(case=case, net=net, layers=layers)


def test_names_and_shapes_of_drn_are_the_published_ones(drn):
    assert {name: tuple(value.shape) for name, value in drn.net.state_dict().items()} == listed_shapes(
        'ensemble', drn.case.name
    )


def test_number_of_parameters_of_drn(drn):
    assert num_parameters(drn.net.parameters()) == drn.case['out_num_params']


def test_features_of_drn(drn):
    assert_close(drn.layers[3], drn.case['out_low_level'], TOLERANCE, 'layer 3')
    assert_close(drn.layers[8], drn.case['out_feature'], TOLERANCE, 'layer 8')


def test_size_of_every_layer_of_drn(drn):
    rms = [float(layer.double().square().mean().sqrt()) for layer in drn.layers]
    assert rms == pytest.approx(drn.case['out_stage_rms'].tolist(), rel=TOLERANCE)


@pytest.fixture(scope='module', params=cases('ensemble', 'deeplabv3plus_drn*'))
def student(request) -> SimpleNamespace:
    init_default_scope('mmseg')
    case = load_case('ensemble', request.param)
    original = original_state(case)
    cfg = student_config(int(case['param_num_classes']))
    model = MODELS.build(cfg.model).eval()
    model.student.load_state_dict(CONVERTERS['ensemble_student'].convert(original))
    return SimpleNamespace(case=case, cfg=cfg, model=model, images=torch.from_numpy(case['in_image']))


def test_names_and_shapes_of_the_student_are_those_of_the_list(student):
    table = CONVERTERS['ensemble_student'].name_table()
    ours = CONVERTERS['ensemble_student'].network(int(student.case['param_num_classes']))
    assert {old: tuple(ours[new].shape) for old, new in table.items()} == listed_shapes('ensemble', student.case.name)


def test_parameters_and_their_rates(student):
    groups = {}
    for group in build_optim_wrapper(student.model, student.cfg.optim_wrapper).optimizer.param_groups:
        groups[group['lr']] = groups.get(group['lr'], 0) + num_parameters(group['params'])
    base = student.cfg.optim_wrapper.optimizer.lr
    assert groups == {base: student.case['out_num_params_base_lr'], 10 * base: student.case['out_num_params_10x_lr']}
    assert sum(groups.values()) == student.case['out_num_params']


@torch.no_grad()
def test_pyramid_and_decoder(student):
    features = student.model.extract_feat(student.images)
    assert_close(student.model.decode_head.pyramid(features[1]), student.case['out_aspp'], TOLERANCE, 'pyramid')
    assert_close(student.model.decode_head(features), student.case['out_decoder'], TOLERANCE, 'decoder')


@torch.no_grad()
def test_logits_at_the_size_of_the_image(student):
    metas = [dict(img_shape=image.shape[1:], ori_shape=image.shape[1:]) for image in student.images]
    logits = student.model.encode_decode(student.images, metas)
    assert_close(logits, student.case['out_logits'], TOLERANCE, 'logits')
