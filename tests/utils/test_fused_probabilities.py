import torch
from mmseg.registry import MODELS
from torch import nn

from mmuda.utils.fused_probabilities import fused_probabilities


def test_one_classifier_is_its_softmax():
    logits = torch.randn(2, 3, 4, 5)
    assert torch.equal(fused_probabilities(nn.Identity(), logits), logits.softmax(1))


def test_several_classifiers_are_fused_by_their_head():
    head = MODELS.build(
        dict(type='DualClassifierHead', num_classes=3, in_channels=(2, 4), branch_channels=32, channels=32)
    )
    logits = dict(aux=torch.randn(2, 3, 4, 5), main=torch.randn(2, 3, 4, 5))
    assert torch.equal(fused_probabilities(head, logits), (0.5 * logits['aux'] + logits['main']).softmax(1))


def test_of_a_head_that_does_not_fuse_the_main_classifier_is_asked():
    logits = dict(aux=torch.randn(2, 3, 4, 5), main=torch.randn(2, 3, 4, 5))
    assert torch.equal(fused_probabilities(nn.Identity(), logits), logits['main'].softmax(1))
