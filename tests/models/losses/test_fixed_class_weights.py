import pytest
import torch
from mmseg.registry import MODELS

from mmuda.models.losses import FixedClassWeights
from mmuda.models.objectives import Supervision
from tests.helpers.students import CLASSES, make_step


def test_weights_reach_the_loss():
    config = dict(type='FixedClassWeights', weights=[1.0, 1.0, 4.0], num_classes=CLASSES)
    step = make_step()
    got = Supervision('source', class_weights=config)(step)['loss_main']
    labels, logits = step.labels('source'), step.logits('source')['main']
    want = torch.nn.functional.cross_entropy(logits, labels, torch.tensor([1.0, 1.0, 4.0]))
    torch.testing.assert_close(got, want)


def test_they_are_not_saved():
    assert not FixedClassWeights([1.0], 1).state_dict()


@pytest.mark.parametrize('weights', [[1.0, 2.0], [1.0, 2.0, 0.0]])
def test_other_weights_are_refused(weights):
    with pytest.raises(ValueError, match='expected 3 positive weights, one per class'):
        MODELS.build(dict(type='FixedClassWeights', weights=weights, num_classes=3))
