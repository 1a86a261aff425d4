import numpy as np
import pytest
import torch
from mmengine.config import ConfigDict
from mmengine.registry import init_default_scope
from mmseg.registry import MODELS
from torch import nn

from mmuda.pseudo_labels import MCDropoutPredictor, MultiViewPredictor, PassPredictions

SIZE, CLASSES = (33, 49), 5
SCALES = [(49, 33), (65, 33)]


def segmentor(**options) -> nn.Module:
    """A segmentor with weights that make different probabilities; dropout in the head alone."""
    init_default_scope('mmseg')
    head = dict(type='DualClassifierHead', in_channels=(2, 4), branch_channels=32, channels=32, num_classes=CLASSES)
    config = dict(
        type='EncoderDecoder',
        data_preprocessor=dict(type='UDADataPreprocessor', std=[58.0] * 3),
        backbone=dict(type='ResNet', depth=18, base_channels=2, stem_channels=2, out_indices=(0, 1)),
        decode_head=dict(head, **options.pop('head', {})),
        test_cfg=ConfigDict(options.pop('test_cfg', dict(mode='whole'))),
    )
    torch.manual_seed(0)
    model = MODELS.build(dict(config, **options)).eval()
    for name, parameter in model.decode_head.named_parameters():
        if 'conv_seg' in name:
            nn.init.normal_(parameter)
    return model


@pytest.fixture(scope='module')
def model() -> nn.Module:
    return segmentor()


@pytest.fixture(scope='module')
def image() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (*SIZE, 3), dtype=np.uint8)


def predict(model, image, name='a.png', **options) -> PassPredictions:
    return PassPredictions.of(MCDropoutPredictor(scales=SCALES, **options)(model, image, name))


def test_passes_that_drop_nothing_are_those_of_the_plain_predictor(model, image):
    plain = MultiViewPredictor(SCALES)(model, image, 'a.png')
    one = predict(model, image, passes=1, dropout_ratio=1e-12)
    torch.testing.assert_close(one.mean, plain, rtol=0, atol=1e-6)
    assert torch.equal(one.mean, one.minimum) and one.std is None


def test_padded_inputs_are_cut_before_they_are_resized(image):
    padding = dict(type='UDADataPreprocessor', std=[58.0] * 3, test_cfg=dict(size_divisor=32))
    model = segmentor(data_preprocessor=padding)
    plain = MultiViewPredictor(SCALES)(model, image, 'a.png')
    one = predict(model, image, passes=1, dropout_ratio=1e-12)
    torch.testing.assert_close(one.mean, plain, rtol=0, atol=1e-6)
    assert not torch.allclose(plain, MultiViewPredictor(SCALES)(segmentor(), image, 'a.png'), atol=1e-3)


def test_views_of_one_size_are_resized_together(model, image):
    """Maps at the size of the image are what passes cost, once the backbone runs once."""
    with torch.profiler.profile(record_shapes=True) as profiler:
        predict(model, image, passes=3)
    calls = [(call.name, call.input_shapes[0]) for call in profiler.events() if call.input_shapes]
    resized = [shape for name, shape in calls if name == 'aten::upsample_bilinear2d' and shape[1] == CLASSES]
    assert len(resized) == 3 * len(SCALES)
    assert not [
        name
        for name, shape in calls
        if name in ('aten::log', 'aten::argmax', 'aten::_softmax') and shape[-2:] == list(SIZE)
    ]


def test_statistics_are_those_of_single_passes(model, image, monkeypatch):
    seen = []
    original = MCDropoutPredictor._pass
    monkeypatch.setattr(MCDropoutPredictor, '_pass', lambda *args: seen.append(original(*args)) or seen[-1])
    got = predict(model, image, passes=4, temperature=2.0)
    plain, warm = (torch.stack([one[place] for one in seen]) for place in (0, 1))
    torch.testing.assert_close(got.mean, plain.mean(0))
    torch.testing.assert_close(got.minimum, plain.amin(0))
    torch.testing.assert_close(got.std, plain.std(0, correction=0))
    torch.testing.assert_close(got.warm_mean, warm.mean(0))
    torch.testing.assert_close(got.warm_std, warm.std(0, correction=0))


def test_passes_differ_from_each_other_and_from_those_of_another_image(model, image):
    got = predict(model, image, passes=2)
    assert got.std.max() > 1e-3
    assert not torch.equal(got.mean, predict(model, image, 'b.png', passes=2).mean)
    assert not torch.equal(got.mean, predict(model, image, passes=2, seed=1).mean)


def test_passes_depend_on_the_name_alone(model, image):
    """Not on what was drawn before: order, rank, a kill."""
    first = predict(model, image, passes=2).mean
    predict(model, image, 'b.png', passes=3)
    torch.rand(7)
    assert torch.equal(first, predict(model, image, passes=2).mean)


def test_a_longer_run_begins_with_the_passes_of_a_shorter_one(model, image):
    assert (predict(model, image, passes=4).minimum <= predict(model, image, passes=2).minimum).all()


def test_random_numbers_go_on_as_if_nothing_was_drawn(model, image):
    torch.manual_seed(5)
    want = torch.rand(3)
    torch.manual_seed(5)
    predict(model, image, passes=2)
    assert torch.equal(torch.rand(3), want)


def test_dropout_alone_is_on_and_off_again(image):
    model = segmentor()
    modes = {name: module.training for name, module in model.named_modules()}
    statistics = {name: value.clone() for name, value in model.named_buffers()}
    seen = []
    model.decode_head.main_classifier.register_forward_hook(
        lambda module, *_: seen.append([name for name, part in model.named_modules() if part.training])
    )
    predict(model, image, passes=2)
    assert all(names == ['decode_head.aux_classifier.dropout', 'decode_head.main_classifier.dropout'] for names in seen)
    assert modes == {name: module.training for name, module in model.named_modules()}
    assert all(torch.equal(value, statistics[name]) for name, value in model.named_buffers())
    assert model.decode_head.main_classifier.dropout.p == 0.1


def test_dropout_is_switched_off_after_an_error(image):
    model = segmentor()
    model.decode_head.fuse = lambda *_: 1 / 0
    with pytest.raises(ZeroDivisionError):
        predict(model, image)
    assert not any(module.training for module in model.modules())


def test_the_ratio_is_that_of_the_predictor(image):
    means = [predict(segmentor(head=dict(dropout_ratio=ratio)), image, passes=2).mean for ratio in (0.1, 0.7)]
    assert torch.equal(*means)


@pytest.mark.parametrize('where, runs', [('head', 1), ('backbone', 3)])
def test_the_backbone_runs_once_a_view_where_it_drops_nothing(image, where, runs):
    model, calls = segmentor(), []
    if where == 'backbone':
        model.backbone.layer1.add_module('dropout', nn.Dropout(0.1))
    model.backbone.conv1.register_forward_hook(lambda *_: calls.append(1))
    predict(model, image, passes=3)
    assert len(calls) == runs * 2 * len(SCALES)


def test_temperature_divides_the_fused_logits(image):
    """As if both classifiers gave logits of half the size: before the probabilities are resized."""
    got = predict(segmentor(), image, passes=2, temperature=2.0)
    halved = segmentor()
    for classifier in (halved.decode_head.aux_classifier, halved.decode_head.main_classifier):
        classifier.conv_seg.weight.data /= 2
    want = predict(halved, image, passes=2)
    torch.testing.assert_close(got.warm_mean, want.mean)
    torch.testing.assert_close(got.warm_std, want.std, rtol=0, atol=1e-6)
    assert not torch.allclose(got.mean, got.warm_mean, atol=1e-3)


def test_one_classifier_works(image):
    init_default_scope('mmseg')
    head = dict(type='FCNHead', in_channels=4, in_index=1, channels=8, num_convs=1, num_classes=CLASSES)
    torch.manual_seed(0)
    model = MODELS.build(
        dict(
            type='EncoderDecoder',
            data_preprocessor=dict(type='SegDataPreProcessor'),
            backbone=dict(type='ResNet', depth=18, base_channels=2, stem_channels=2, out_indices=(0, 1)),
            decode_head=head,
            test_cfg=ConfigDict(mode='whole'),
        )
    ).eval()
    nn.init.normal_(model.decode_head.conv_seg.weight)
    plain = MultiViewPredictor(SCALES)(model, image, 'a.png')
    torch.testing.assert_close(predict(model, image, passes=1, dropout_ratio=1e-12).mean, plain, rtol=0, atol=1e-6)
    assert predict(model, image, passes=2).std.any()


def test_a_model_without_dropout_is_refused(image):
    with pytest.raises(ValueError, match='has none: set model.segmentor.decode_head.dropout_ratio above 0'):
        predict(segmentor(head=dict(dropout_ratio=0.0)), image)


def test_dropout_without_effect_is_refused(image):
    model = segmentor()
    for classifier in (model.decode_head.aux_classifier, model.decode_head.main_classifier):
        nn.init.zeros_(classifier.conv_seg.weight)
    with pytest.raises(ValueError, match=r"all 5 passes of the image 'a.png' are the same.*has no effect"):
        predict(model, image)


def test_sliding_windows_are_refused(image):
    model = segmentor(test_cfg=dict(mode='slide', crop_size=(33, 33), stride=(16, 16)))
    with pytest.raises(ValueError, match="test_cfg=dict.mode='whole'"):
        predict(model, image)


@pytest.mark.parametrize(
    'options, message',
    [
        (dict(passes=0), 'passes must be at least 1'),
        (dict(dropout_ratio=0.0), 'dropout_ratio must lie between 0 and 1'),
        (dict(dropout_ratio=1.0), 'dropout_ratio must lie between 0 and 1'),
        (dict(temperature=0.0), 'temperature must be positive'),
        (dict(temperature=2.0, passes=1), 'one pass has none: set passes to 2 or more'),
        (dict(scales=[]), 'at least one entry'),
    ],
)
def test_settings_that_make_no_sense_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        MCDropoutPredictor(**options)


def test_the_description_holds_what_the_labels_depend_on():
    description = MCDropoutPredictor(passes=7, dropout_ratio=0.2, temperature=2.0, seed=3, scales=SCALES).description()
    want = dict(type='MCDropoutPredictor', passes=7, dropout_ratio=0.2, temperature=2.0, seed=3, scales=SCALES)
    assert {key: description[key] for key in want} == want
