import pytest
import torch

from mmuda.pseudo_labels import certainties_of_bytes, certainty_bytes, check_certainties


@pytest.mark.parametrize('probability, expected', [(0.9, 90), (0.899999, 89), (0.905, 90), (1, 100), (0, 0)])
def test_percent_is_rounded_down(probability, expected):
    assert certainty_bytes(torch.tensor([probability])).tolist() == [expected]


@pytest.mark.parametrize('value', [float('nan'), -0.1, 1.5])
def test_what_is_no_probability_is_refused(value):
    with pytest.raises(ValueError, match=r'expected probabilities in 0\.\.1'):
        certainty_bytes(torch.tensor([0.5, value]))


def test_no_planes_give_no_bytes():
    assert certainty_bytes(torch.zeros(0, 2, 2)).shape == (0, 2, 2)


def test_pixels_read_back_sum_to_100():
    got = certainties_of_bytes(torch.tensor([[60, 0], [30, 0]], dtype=torch.uint8)[..., None])
    torch.testing.assert_close(got[..., 0], torch.tensor([[200 / 3, 0], [100 / 3, 0]]))


@pytest.mark.parametrize(
    'certainties', [torch.tensor([[0.2, 0.9], [0.8, 0.1]]), torch.tensor([[0, 1], [1, 0]], dtype=torch.uint8)]
)
def test_the_scale_of_probabilities_is_found_and_named(certainties):
    with pytest.raises(ValueError, match=r'stem\.npy: certainties of .*, expected 0\.\.100\. .* scale 0\.\.1'):
        check_certainties(certainties, 'stem.npy')


@pytest.mark.parametrize('value', [101.0, -1.0, float('nan')])
def test_values_off_the_scale_are_refused(value):
    with pytest.raises(ValueError, match=r'stem\.npy: certainties of .*, expected 0\.\.100'):
        check_certainties(torch.tensor([[50.0, value]]), 'stem.npy')


def test_even_pixels_of_19_classes_are_on_the_scale():
    check_certainties(torch.full((19, 2), 100 // 19, dtype=torch.uint8), 'stem.npy')
