"""Self-information and the cross-task relation as maps of discriminators."""

import pytest
import torch

from mmuda.models.discriminator_maps import CrossTaskRelation, SelfInformation
from mmuda.models.discriminator_maps.depth_bins import bin_depths, bin_probabilities, inverse_bins
from mmuda.models.discriminators import FCDiscriminator
from mmuda.models.losses import weighted_self_information
from mmuda.models.objectives import AdversarialAlignment
from tests.helpers.students import CLASSES, SIZE, make_step


def test_both_domains_have_their_self_information():
    step, maps = make_step(), SelfInformation()
    for view, made in (('source', maps.real), ('target', maps.fake)):
        got = made(step, view, ['aux', 'main'])
        for name, value in got.items():
            assert torch.equal(value, weighted_self_information(step.logits(view)[name].softmax(1)))
            assert value.requires_grad == (view == 'target')


def test_an_output_that_the_head_does_not_give_is_named():
    with pytest.raises(ValueError, match="the head gives no output 'density' with one channel.*'depth'"):
        SelfInformation('density').fake(make_step(), 'target', ['main'])


def test_bins_by_hand():
    bins = inverse_bins(bin_depths())
    assert bins[0].item() == pytest.approx(648.8713, rel=1e-6)
    assert bins[-1].item() == pytest.approx(1.5384, rel=1e-4)
    probabilities = bin_probabilities(torch.full((1, 1, 1, 1), 3.0), bins).flatten()
    torch.testing.assert_close(
        probabilities[11:], torch.tensor([0.00079499, 0.45701686, 0.46083248, 0.08135567]), rtol=1e-4, atol=0
    )


def test_the_second_rule():
    assert bin_depths(15, 'SID2')[::14] == pytest.approx([1.241, 527.955], rel=1e-3)


@pytest.mark.parametrize(
    'options, words',
    [
        (dict(rule='LID'), "must be one of .*'SID', 'SID2'.*, got 'LID'"),
        (dict(num_bins=1), 'num_bins must be at least 2, got 1'),
        (dict(sigma=0), 'sigma must be above 0, got 0'),
    ],
)
def test_settings_out_of_range_are_refused(options, words):
    with pytest.raises(ValueError, match=words):
        CrossTaskRelation(**options)


def test_channels_of_the_relation():
    maps = CrossTaskRelation()
    joint = maps.joint(torch.randn(2, 7, 3, 3), torch.randn(2, 1, 3, 3), torch.randn(2, 7, 3, 3))
    assert joint.shape == (2, maps.channels(7), 3, 3)
    assert maps.channels(16) == 47


def test_a_student_without_refined_classes_is_refused_before_training():
    objective = AdversarialAlignment(weights=dict(joint=1e-3), maps=dict(type='CrossTaskRelation'))
    with pytest.raises(ValueError, match=r"the student has \['aux', 'main'\]: give it a CrossTaskHead"):
        objective.check_classifiers(('main', 'aux'))


def test_alignment_of_self_information():
    objective = AdversarialAlignment(
        weights=dict(main=1.0), maps=dict(type='SelfInformation'), loss=dict(type='VanillaGANLoss')
    )
    net = FCDiscriminator(CLASSES, base_channels=2)
    net.forward = lambda x: [x.mean(1, keepdim=True)]  # smaller images than it takes
    objective.set_discriminators(dict(main=net))
    step = make_step()
    losses = objective(step)
    losses['loss_main'].backward()
    assert step.student.decode_head.layers['main'].weight.grad.any()
    assert {name: value.shape for name, (value, _) in objective.pop_maps().items()} == dict(main=(2, CLASSES, *SIZE))
