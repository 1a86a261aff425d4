"""Converted checkpoints of DACS and CRST compute what the originals compute."""
import importlib
import json

import numpy as np
import pytest
import torch
from mmseg.registry import MODELS

from mmuda.models.decode_heads import DeepLabV2Head
from tests.parity.golden import GOLDEN_ROOT, assert_close, load_case, recipe

deeplabv2 = importlib.import_module('tools.model_converters.deeplabv2')


def parameters(family: str, case: str) -> list[dict]:
    """The published names and shapes of a network."""
    return json.loads((GOLDEN_ROOT / family / f'{case}.params.json').read_text())


def published_state(params: list[dict], gain: float) -> dict[str, torch.Tensor]:
    """Weights under the published names."""
    return {name: torch.from_numpy(np.asarray(value)) for name, value in recipe().make_state(params, gain).items()}


def test_dacs_network():
    case = load_case('dacs', 'deeplabv2_r101')
    state = published_state(parameters('dacs', 'deeplabv2_r101'), float(case['param_weight_gain']))
    model = MODELS.build(dict(
        type='EncoderDecoder', backbone=dict(type='DeepLabResNet'),
        decode_head=dict(type='DeepLabV2Head', in_index=3, branches=2, num_classes=int(case['param_num_classes'])),
        test_cfg=dict(mode='whole'))).eval()
    model.load_state_dict(deeplabv2.convert(state), strict=True)
    with torch.no_grad():
        logits = model.decode_head(model.extract_feat(torch.from_numpy(case['in_image'])))
    assert_close(logits, case['out_logits'], 1e-4, 'logits')


def test_crst_classifier():
    case = load_case('crst', 'deeplabv2_head')
    head = {entry['name']: entry for entry in parameters('crst', 'deeplabv2_head')}
    backbone = [entry for entry in parameters('dacs', 'deeplabv2_r101') if entry['name'] not in head]
    gain = float(case['param_weight_gain'])
    # The backbone's values do not matter here.
    state = {**{entry['name']: torch.zeros(()).expand(entry['shape']) for entry in backbone},
             **published_state(list(head.values()), gain)}
    ours = DeepLabV2Head(num_classes=int(case['param_num_classes']), dilations=case['param_dilations'].tolist())
    ours.load_state_dict({name.removeprefix('decode_head.'): value for name, value in deeplabv2.convert(state).items()
                          if name.startswith('decode_head.')}, strict=True)
    with torch.no_grad():
        assert_close(ours([torch.from_numpy(case['in_feature'])]), case['out_logits'], 1e-5, 'logits')


@pytest.mark.parametrize('case', ['deeplabv2_r101', 'train_step'])
def test_every_published_name_is_known(case):
    published = {entry['name']: tuple(entry['shape']) for entry in parameters('dacs', case)}
    ours = {deeplabv2.original_name(name): tuple(value.shape) for name, value in deeplabv2.network().items()}
    assert ours == published
