"""Converted checkpoints of DACS and CRST compute what the originals compute."""

import importlib

import pytest
import torch
from mmseg.registry import MODELS

from mmuda.models.decode_heads import DeepLabV2Head
from tests.helpers.golden import assert_close, cases, each_case, listed_shapes, original_state

deeplabv2 = importlib.import_module('tools.model_converters.deeplabv2')


@each_case('dacs', 'deeplabv2_r101*')
def test_dacs_network(case):
    model = MODELS.build(
        dict(
            type='EncoderDecoder',
            backbone=dict(type='DeepLabResNet'),
            decode_head=dict(type='DeepLabV2Head', in_index=3, branches=2, num_classes=int(case['param_num_classes'])),
            test_cfg=dict(mode='whole'),
        )
    ).eval()
    model.load_state_dict(deeplabv2.convert(original_state(case)), strict=True)
    with torch.no_grad():
        logits = model.decode_head(model.extract_feat(torch.from_numpy(case['in_image'])))
    assert_close(logits, case['out_logits'], 1e-4, 'logits')


@each_case('crst', 'deeplabv2_head*')
def test_crst_classifier(case):
    head = original_state(case)
    backbone = {name: shape for name, shape in listed_shapes('dacs', 'deeplabv2_r101').items() if name not in head}
    # The backbone's values do not matter here.
    state = {**{name: torch.zeros(()).expand(shape) for name, shape in backbone.items()}, **head}
    ours = DeepLabV2Head(num_classes=int(case['param_num_classes']), dilations=case['param_dilations'].tolist())
    ours.load_state_dict(
        {
            name.removeprefix('decode_head.'): value
            for name, value in deeplabv2.convert(state).items()
            if name.startswith('decode_head.')
        },
        strict=True,
    )
    with torch.no_grad():
        assert_close(ours([torch.from_numpy(case['in_feature'])]), case['out_logits'], 1e-5, 'logits')


@pytest.mark.parametrize('case', cases('dacs', 'deeplabv2_r101*') + cases('dacs', 'train_step*'))
def test_every_published_name_is_known(case):
    ours = {deeplabv2.original_name(name): tuple(value.shape) for name, value in deeplabv2.network().items()}
    assert ours == listed_shapes('dacs', case)
