import pytest
import torch
import torch.nn.functional as F

from mmuda.models.objectives import Supervision
from tests.helpers.pools import CLASSES, SIZE, make_pool


def test_loss_at_the_logits_is_the_cross_entropy_of_the_cells():
    step = make_pool()
    cells = step.labels('pool')[:, 2::4, 2::4]
    want = F.cross_entropy(step.unresized_logits('pool')['main'], cells, ignore_index=255)
    torch.testing.assert_close(Supervision('pool', resolution='logits')(step), dict(loss_main=want))


def test_a_mirrored_image_has_the_loss_of_the_image():
    labels = torch.randint(CLASSES, (2, *SIZE), generator=torch.Generator().manual_seed(2))
    straight, mirrored = make_pool(labels=labels), make_pool(labels=labels.flip(-1))
    kernel = mirrored.student.decode_head.layers['main'].weight
    kernel.data = kernel.data.flip(-1)  # a network that sees the mirror image as the other sees the image
    mirrored.inputs['pool'] = mirrored.inputs['pool'].flip(-1)
    for sample in mirrored.data_samples['pool']:
        sample.set_metainfo(dict(flip=True, flip_direction='horizontal'))
    torch.testing.assert_close(
        Supervision('pool', resolution='logits')(mirrored), Supervision('pool', resolution='logits')(straight)
    )


def test_classifiers_have_their_weights():
    step = make_pool('aux', 'main')
    plain = Supervision('pool', resolution='logits', weights=dict(aux=1.0, main=1.0))(step)
    torch.testing.assert_close(
        Supervision('pool', resolution='logits')(step),
        dict(loss_aux=0.5 * plain['loss_aux'], loss_main=plain['loss_main']),
    )


def test_nothing_labeled_gives_no_loss_and_no_gradient():
    step = make_pool(labels=torch.full((2, *SIZE), 255))
    loss = Supervision('pool', resolution='logits')(step)['loss_main']
    loss.backward()
    assert loss == 0
    assert not any(parameter.grad.any() for parameter in step.student.parameters())


def test_sizes_that_do_not_divide_are_refused():
    step = make_pool(labels=torch.zeros(2, 8, 13, dtype=torch.long))
    with pytest.raises(ValueError, match='no multiple of the logits.*choose a crop size'):
        Supervision('pool', resolution='logits')(step)


def test_weights_of_classifiers_that_are_not_there_are_refused():
    with pytest.raises(ValueError, match=r"'pool': weights are for \['aux', 'main'\].*\['main'\]"):
        Supervision('pool', resolution='logits', weights=dict(aux=1.0, main=1.0))(make_pool())


def test_an_unknown_resolution_is_refused():
    with pytest.raises(ValueError, match="'pool': resolution must be one of .*'images', 'logits'.* got 'cells'"):
        Supervision('pool', resolution='cells')


def test_it_is_named_after_its_view_where_no_name_is_given():
    assert (Supervision('labeled').name, Supervision('labeled', name='stage2').name) == ('labeled', 'stage2')
