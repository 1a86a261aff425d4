import torch

from mmuda.models.losses import ProbabilityMSELoss

LOGITS = torch.randn(2, 3, 2, 2, generator=torch.Generator().manual_seed(0))
OTHER = torch.randn(2, 3, 2, 2, generator=torch.Generator().manual_seed(1)).softmax(1)


def test_equal_probabilities_cost_nothing():
    assert ProbabilityMSELoss()(LOGITS, LOGITS.softmax(1)) == 0


def test_mean_over_pixels_and_classes_with_weights():
    weight = torch.zeros(2, 2, 2)
    weight[1, 0, 1] = 0.5
    want = 0.5 * (LOGITS.softmax(1) - OTHER)[1, :, 0, 1].square().sum() / 24
    torch.testing.assert_close(ProbabilityMSELoss()(LOGITS, OTHER, weight), want)


def test_no_gradient_flows_into_the_given_probabilities():
    logits, other = LOGITS.clone().requires_grad_(), OTHER.clone().requires_grad_()
    ProbabilityMSELoss(loss_weight=2.0)(logits, other).backward()
    assert other.grad is None and logits.grad.any()
