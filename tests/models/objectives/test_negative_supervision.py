from types import SimpleNamespace

import pytest
import torch

from mmuda.models.losses import NegativeLearningLoss
from mmuda.models.objectives import NegativeSupervision

CLASSES = 3


def make_step(masks: int = CLASSES, labels: torch.Tensor | None = None) -> SimpleNamespace:
    generator = torch.Generator().manual_seed(0)
    logits = {name: torch.randn(1, CLASSES, 2, 2, generator=generator) for name in ('aux', 'main')}
    negative = torch.rand(1, masks, 2, 2, generator=generator) < 0.5
    labels = torch.full((1, 2, 2), 255) if labels is None else labels
    return SimpleNamespace(
        iteration=0, logits=lambda view: logits, planes=lambda view, name: negative, labels=lambda view: labels
    )


def test_both_classifiers_learn_from_the_masks():
    step = make_step()
    loss = NegativeLearningLoss()
    want = {name: loss(logits, step.planes('', '')) for name, logits in step.logits('').items()}
    torch.testing.assert_close(NegativeSupervision()(step), dict(loss_aux=0.5 * want['aux'], loss_main=want['main']))


def test_pixels_with_a_label_do_not_count():
    labels = torch.tensor([[[0, 1], [2, 255]]])
    step = make_step(labels=labels)
    negative = step.planes('', '') & (labels == 255)[:, None]
    want = NegativeLearningLoss()(step.logits('')['main'], negative)
    torch.testing.assert_close(NegativeSupervision()(step)['loss_main'], want)
    assert not NegativeSupervision()(make_step(labels=torch.zeros(1, 2, 2, dtype=torch.long)))['loss_main']


def test_masks_of_another_list_of_classes_are_refused():
    with pytest.raises(
        ValueError, match="plane 'negative' .* masks of 4 classes, the classifier aux 3: .* label again"
    ):
        NegativeSupervision()(make_step(masks=4))
