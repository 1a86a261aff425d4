import pytest
import torch
import torch.nn.functional as F
from mmengine.structures import PixelData

from mmuda.models.objectives import SoftLabelSupervision
from mmuda.models.objectives.soft_label_supervision import one_hot
from mmuda.models.segmentors import Step
from tests.helpers.pools import CLASSES, SIZE, make_pool


def with_soft_labels(step: Step, soft: torch.Tensor) -> Step:
    step.data_samples['pool'][1].set_data(dict(gt_soft_seg=PixelData(data=soft)))
    return step


def soft_labels(kept: float = 0.5) -> torch.Tensor:
    generator = torch.Generator().manual_seed(3)
    soft = torch.rand(CLASSES, *SIZE, generator=generator).softmax(0)
    return soft * (torch.rand(SIZE, generator=generator) < kept)


def test_hard_labels_of_the_source_and_soft_ones_of_the_target():
    soft = soft_labels()
    step = with_soft_labels(make_pool(), soft)
    log = step.logits('pool')['main'].log_softmax(1)
    label = step.labels('pool')[0]
    source = F.nll_loss(log[:1], label[None], ignore_index=255, reduction='sum')
    labeled = (label != 255).sum() + (soft.sum(0) > 0).sum()
    want = (source - (soft * log[1]).sum()) / labeled
    torch.testing.assert_close(SoftLabelSupervision()(step), dict(loss_main=want))


def test_hard_label_of_the_target_is_not_read():
    first, second = (with_soft_labels(make_pool(), soft_labels()) for _ in range(2))
    second.data_samples['pool'][1].gt_sem_seg.data.fill_(1)
    torch.testing.assert_close(SoftLabelSupervision()(first), SoftLabelSupervision()(second))


def test_classifiers_have_their_weights():
    step = with_soft_labels(make_pool('aux', 'main'), soft_labels())
    plain = SoftLabelSupervision(weights=dict(aux=1.0, main=1.0))(step)
    torch.testing.assert_close(
        SoftLabelSupervision()(step), dict(loss_aux=0.5 * plain['loss_aux'], loss_main=plain['loss_main'])
    )


def test_nothing_labeled_gives_no_loss():
    step = with_soft_labels(make_pool(labels=torch.full((2, *SIZE), 255)), soft_labels(kept=0.0))
    assert SoftLabelSupervision()(step) == dict(loss_main=0)


def test_a_target_sample_without_soft_label_is_refused():
    with pytest.raises(KeyError, match='target sample target has no soft label.*PackSoftLabels'):
        SoftLabelSupervision()(make_pool())


def test_a_soft_label_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=r'soft label of target is \(3, 8, 11\), the logits are \(3, 8, 12\)'):
        SoftLabelSupervision()(with_soft_labels(make_pool(), soft_labels()[:, :, :-1]))


def test_one_hot_of_ids_that_are_no_class():
    assert one_hot(torch.tensor([[1, 3, 255]]), 3).tolist() == [[[0, 0, 0]], [[1, 0, 0]], [[0, 0, 0]]]
