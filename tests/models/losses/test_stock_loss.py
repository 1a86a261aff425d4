"""MMSegmentation's losses in supervised objectives: ignored pixels, class weights, both classifiers."""

from types import SimpleNamespace

import pytest
import torch
import torch.nn.functional as F
from mmengine.registry import init_default_scope
from mmseg.registry import MODELS

from mmuda.models.losses.stock_loss import supervised_loss

LOSSES = {
    'CrossEntropyLoss': dict(avg_non_ignore=True),
    'DiceLoss': dict(use_sigmoid=False),
    'FocalLoss': {},
    'LovaszLoss': dict(reduction='none'),
    'OhemCrossEntropy': dict(min_kept=4),
}
WEIGHTED = [name for name in LOSSES if name != 'DiceLoss']
CLASSES = 3


@pytest.fixture(autouse=True)
def scope():
    init_default_scope('mmseg')


def config(name: str, **options) -> dict:
    return dict(type=name, **LOSSES[name], **options)


@pytest.fixture
def batch():
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(2, CLASSES, 4, 6, generator=generator, requires_grad=True)
    labels = torch.randint(CLASSES, (2, 4, 6), generator=generator)
    labels[:, :2] = 255
    return logits, labels


@pytest.mark.parametrize('name', LOSSES)
def test_ignored_pixels_give_no_gradient_and_change_nothing(name, batch):
    logits, labels = batch
    loss = supervised_loss(config(name), 'source')
    value = loss(logits, labels)
    value.backward()
    assert value > 0
    assert not logits.grad[:, :, :2].any() and logits.grad[:, :, 2:].any()
    other = logits.detach().clone()
    other[:, :, :2] = 7.0
    assert torch.equal(loss(other, labels), value)


@pytest.mark.parametrize('name', LOSSES)
def test_nothing_labeled_gives_no_loss_and_no_gradient(name, batch):
    logits, labels = batch
    value = supervised_loss(config(name), 'source')(logits, torch.full_like(labels, 255))
    value.backward()
    assert value == 0 and not logits.grad.any()


@pytest.mark.parametrize('name', WEIGHTED)
def test_class_weights_of_the_objective_are_those_of_the_loss(name, batch):
    logits, labels = batch
    weights = [1.0, 5.0, 2.0]
    by_objective = supervised_loss(config(name), 'source', class_weights=True)(logits, labels, torch.tensor(weights))
    by_loss = supervised_loss(config(name, class_weight=weights), 'source')(logits, labels)
    plain = supervised_loss(config(name), 'source')(logits, labels)
    assert torch.equal(by_objective, by_loss) and not torch.equal(by_loss, plain)


def test_weighted_cross_entropy_is_that_of_torch(batch):
    logits, labels = batch
    weights = torch.tensor([1.0, 5.0, 2.0])
    got = supervised_loss(config('CrossEntropyLoss'), 'source', class_weights=True)(logits, labels, weights)
    torch.testing.assert_close(got, F.cross_entropy(logits, labels, weights, ignore_index=255))


def test_focal_loss_is_the_published_formula(batch):
    logits, labels = batch
    target = F.one_hot(labels.where(labels != 255, 0), CLASSES).movedim(-1, 1).float()
    right = torch.where(target > 0, logits.sigmoid(), 1 - logits.sigmoid())
    want = (0.5 * (1 - right) ** 2 * -right.log()).where((labels != 255)[:, None], 0).mean()
    torch.testing.assert_close(supervised_loss(config('FocalLoss'), 'source')(logits, labels), want)


@pytest.mark.parametrize('name', LOSSES)
@pytest.mark.parametrize('resolution', ['images', 'logits'])
def test_objectives_train_both_classifiers(resolution, name, batch):
    logits, labels = batch
    step = SimpleNamespace(
        iteration=0,
        labels=lambda view: labels,
        logits=lambda view: dict(aux=2 * logits, main=logits),
        data_samples=dict(pool=[SimpleNamespace(metainfo={})] * 2),
    )
    step.unresized_logits = step.logits
    losses = MODELS.build(dict(type='Supervision', view='pool', resolution=resolution, loss=config(name)))(step)
    loss = supervised_loss(config(name), 'source')
    assert torch.equal(losses['loss_main'], loss(logits, labels))
    assert torch.equal(losses['loss_aux'], 0.5 * loss(2 * logits, labels))


@pytest.mark.parametrize('name', WEIGHTED)
def test_supervision_gives_its_class_weights(name, batch):
    logits, labels = batch
    step = SimpleNamespace(iteration=0, labels=lambda view: labels, logits=lambda view: dict(main=logits))
    weights = dict(type='ClassBalanceWeights', num_classes=CLASSES, min_pixels=4, often_balance=False)
    assert 1 < len(set(MODELS.build(weights)(labels).tolist()))
    weighted, plain = (
        MODELS.build(dict(type='Supervision', view='source', loss=config(name), class_weights=settings))(step)
        for settings in (weights, None)
    )
    assert not torch.equal(weighted['loss_main'], plain['loss_main'])


@pytest.mark.parametrize(
    'objective, message',
    [
        (
            dict(type='Supervision', view='source', loss=dict(type='TverskyLoss')),
            "'source': loss TverskyLoss .* choose one of",
        ),
        (
            dict(
                type='Supervision',
                view='source',
                loss=dict(type='DiceLoss'),
                class_weights=dict(type='ClassBalanceWeights', num_classes=2),
            ),
            "'source': DiceLoss .* cannot take class_weights",
        ),
        (
            dict(
                type='Supervision',
                view='source',
                loss=dict(type='FocalLoss', class_weight=[1.0, 2.0]),
                class_weights=dict(type='ClassBalanceWeights', num_classes=2),
            ),
            'loss.class_weight of FocalLoss are both set',
        ),
        (dict(type='Supervision', view='source', loss=dict(type='CrossEntropyLoss', use_mask=True)), 'use_mask=True'),
        (
            dict(type='Supervision', view='source', loss=dict(type='LovaszLoss', loss_type='binary', reduction='none')),
            'binary',
        ),
        (dict(type='Supervision', view='source', loss=dict(type='DiceLoss', activate=False)), 'activate=False'),
        (
            dict(type='RectifiedSupervision', loss=dict(type='CrossEntropyLoss')),
            "'rectified': CrossEntropyLoss .* as loss",
        ),
        (dict(type='SoftLabelSupervision', loss=dict(type='CrossEntropyLoss')), "'pool': CrossEntropyLoss of MMSeg"),
        (dict(type='ModelRegularization', loss=dict(type='DiceLoss')), "'model_regularization': DiceLoss of MMSeg"),
        (
            dict(type='ClassMixSupervision', loss=dict(type='CrossEntropyLoss')),
            "'classmix': CrossEntropyLoss has no weight per pixel",
        ),
    ],
)
def test_what_a_loss_cannot_do_is_refused_by_name(objective, message):
    with pytest.raises(ValueError, match=message):
        MODELS.build(objective)
