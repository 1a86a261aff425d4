"""The network of MRNet, through the converter of the released checkpoints."""

import importlib

import numpy as np
import pytest
import torch
from mmseg.registry import MODELS

from tests.helpers.golden import Case, assert_close, cases, listed_shapes, load_case, original_state

LOGITS, FEATURES = 2e-5, 1e-5
PROBABILITIES = dict(gn=2e-6, bn=2e-5)  # the second has logits in the hundreds


convert = importlib.import_module('tools.model_converters.seg_uncertainty').convert


def build(case: Case) -> torch.nn.Module:
    norm = {'gn': dict(type='GN', num_groups=32), 'bn': dict(type='BN')}[str(case['param_norm_style'])]
    return MODELS.build(
        dict(
            type='UDASegmentor',
            segmentor=dict(
                type='EncoderDecoder',
                backbone=dict(type='DeepLabResNet', out_indices=(2, 3)),
                decode_head=dict(
                    type='DualClassifierHead',
                    num_classes=int(case['param_num_classes']),
                    norm_cfg=norm,
                    use_se=bool(case['param_use_se']),
                    loss_decode=dict(type='CrossEntropyLoss'),
                ),
            ),
        )
    )


class Network:
    """A case with its network, loaded strictly through the converter."""

    def __init__(self, name: str) -> None:
        self.name, self.case = name, load_case('mrnet', name)
        self.original = original_state(self.case)
        self.model = build(self.case).eval()
        self.model.load_state_dict(convert(self.original), strict=True)
        self.head = self.model.decode_head
        self.stages = {}
        for k in range(1, 5):
            stage = getattr(self.model.backbone, f'layer{k}')
            stage.register_forward_hook(lambda module, args, out, k=k: self.stages.__setitem__(k, out))

    @torch.no_grad()
    def run(self, suffix: str = '') -> dict[str, torch.Tensor]:
        mean = self.case['param_mean_bgr'].reshape(1, -1, 1, 1)
        image = torch.from_numpy(self.case[f'in_image_u8{suffix}'].astype(np.float32) - mean)
        return self.head(self.model.extract_feat(image))


@pytest.fixture(scope='module', params=cases('mrnet', 'deeplab_multi*'))
def network(request) -> Network:
    return Network(request.param)


def test_names_and_shapes_survive_the_way_there_and_back(network):
    back = convert(network.model.state_dict(), reverse=True)
    assert {key: tuple(value.shape) for key, value in back.items()} == listed_shapes('mrnet', network.name)


def test_values_survive_the_way_there_and_back(network):
    back = convert(network.model.state_dict(), reverse=True)
    assert all(torch.equal(back[key], value) for key, value in network.original.items())


def test_logits(network):
    suffixes = [key.removeprefix('in_image_u8') for key in network.case if key.startswith('in_image_u8')]
    for suffix in suffixes:
        logits = network.run(suffix)
        for head in ('aux', 'main'):
            assert_close(logits[head], network.case[f'out_{head}{suffix}'], LOGITS, f'{head}{suffix}')


def test_features_of_every_stage(network):
    network.run()
    for k, features in network.stages.items():
        want = network.case[f'out_layer{k}_ch0_8']
        assert_close(features[:, : want.shape[1]], want, FEATURES, f'layer{k}')


def test_probabilities_are_upsampled_after_the_softmax(network):
    logits = {head: torch.from_numpy(network.case[f'out_{head}']) for head in ('aux', 'main')}
    size = tuple(network.case['param_prob_size'].tolist())
    metas = [dict(ori_shape=size, img_shape=size, pad_shape=size)]
    got = network.head.predict_by_feat(logits, metas).exp()
    assert_close(got, network.case['out_prob'], PROBABILITIES[str(network.case['param_norm_style'])], 'prob')
