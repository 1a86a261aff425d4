import torch

from mmuda.pseudo_labels import disagreement


def test_highest_value_of_every_image_is_one():
    aux, main = torch.randn(2, 3, 4, 5, 6, generator=torch.Generator().manual_seed(0))
    assert disagreement(aux, main).amax(dim=(1, 2)).tolist() == [1, 1, 1]


def test_direction_is_main_against_aux():
    main, aux = torch.tensor([[[[4.0, 0.0]], [[0.0, 0.0]]]]), torch.tensor([[[[0.0, 4.0]], [[0.0, 0.0]]]])
    confident_main, confident_aux = disagreement(aux, main)[0, 0]
    assert confident_main < confident_aux == 1


def test_classifiers_that_agree_give_zero():
    logits = torch.randn(1, 4, 2, 3, generator=torch.Generator().manual_seed(0))
    assert not disagreement(logits, logits).any()


def test_finite_where_a_soft_max_underflows():
    main, aux = torch.tensor([[[[200.0]], [[0.0]]]]), torch.tensor([[[[0.0]], [[200.0]]]])
    assert disagreement(aux, main).tolist() == [[[1.0]]]
