import pytest
import torch

from mmuda.models.objectives import ModelRegularization
from tests.helpers.pools import SIZE, make_pool


def uniform_cross_entropy(step) -> torch.Tensor:
    """Mean over the labeled target pixels."""
    pixels = -step.logits('pool')['main'].log_softmax(1).mean(1)[1]
    return pixels[step.labels('pool')[1] != 255].mean()


@pytest.mark.parametrize('twice, factor', [(True, 0.01), (False, 0.1)])
def test_labeled_target_pixels_are_regularized(twice, factor):
    step = make_pool()
    objective = ModelRegularization(loss=dict(type='ModelRegularizationLoss', weight=0.1, applied_twice=twice))
    torch.testing.assert_close(objective(step), dict(loss_main=factor * uniform_cross_entropy(step)))


def test_published_weight_is_the_default():
    step = make_pool()
    torch.testing.assert_close(ModelRegularization()(step)['loss_main'], 0.01 * uniform_cross_entropy(step))


def test_classifiers_have_their_weights():
    step = make_pool('aux', 'main')
    plain = ModelRegularization(weights=dict(aux=1.0, main=1.0))(step)
    torch.testing.assert_close(
        ModelRegularization()(step), dict(loss_aux=0.5 * plain['loss_aux'], loss_main=plain['loss_main'])
    )


def test_a_batch_without_target_has_no_loss():
    step = make_pool()
    for sample in step.data_samples['pool']:
        sample.set_metainfo(dict(domain='source'))
    assert ModelRegularization()(step) == dict(loss_main=0)


def test_nothing_labeled_has_no_loss():
    assert ModelRegularization()(make_pool(labels=torch.full((2, *SIZE), 255))) == dict(loss_main=0)


def test_samples_of_unknown_domain_are_refused():
    step = make_pool()
    del step.data_samples['pool'][0].domain
    with pytest.raises(KeyError, match="'model_regularization'.*do not say whether.*PoolDataset"):
        ModelRegularization()(step)
