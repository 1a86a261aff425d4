import pytest
import torch

from mmuda.pseudo_labels import (
    GTA5_TEACHERS,
    SYNTHIA16_TEACHERS,
    ClassCertainty,
    resolve_teachers,
    teachers_by_certainty,
)
from mmuda.pseudo_labels.ensemble.class_teachers import top_certainty

NAN = float('nan')
CLASSES, TEACHERS = ('road', 'sky', 'car'), ('mrnet', 'cbst')


@pytest.mark.parametrize(
    'means, expected',
    [
        ([0.3, 0.9, 0.5], 1),
        ([0.9, 0.9, 0.5], 1),
        ([0.9, 0.5, 0.9], 2),
        ([0.3, NAN, NAN], 0),
        ([NAN, 0.1, NAN], 1),
        ([NAN, NAN, NAN], 0),
    ],
)
def test_teacher_of_a_class(means, expected):
    assert teachers_by_certainty(torch.tensor(means)[:, None]) == (expected,)


def test_mean_over_the_pixels_of_all_images():
    certainty = ClassCertainty(1, 3)
    certainty.update(torch.tensor([[0, 0, 1, 255]]), torch.tensor([[0.5, 0.6, 0.9, 1.0]]))
    certainty.update(torch.tensor([[0]]), torch.tensor([[0.1]]))
    torch.testing.assert_close(
        certainty.mean(), torch.tensor([[0.4, 0.9, NAN]], dtype=torch.float64), equal_nan=True, atol=1e-7, rtol=0
    )


def test_bytes_are_summed_exactly():
    certainty = ClassCertainty(1, 1)
    for _ in range(3):
        certainty.update(torch.zeros(1, 1000, dtype=torch.uint8), torch.full((1, 1000), 100, dtype=torch.uint8))
    assert certainty.mean().item() == 100


def test_another_number_of_teachers_is_refused():
    with pytest.raises(ValueError, match=r'\(2, \.\.\.\) of the same shape, got \(3, 4\)'):
        ClassCertainty(2, 3).update(torch.zeros(3, 4, dtype=torch.uint8), torch.zeros(3, 4))


def test_top_certainty_is_that_of_the_own_label():
    labels = torch.tensor([[[1, 0, 255]]], dtype=torch.uint8)
    certainties = torch.tensor([[[[10, 80, 30]], [[90, 20, 70]]]], dtype=torch.uint8)
    assert top_certainty(labels, certainties).tolist() == [[[90, 80, 0]]]


@pytest.mark.parametrize(
    'given',
    [(0, 1, 0), ['mrnet', 'cbst', 'mrnet'], {'road': 0, 'sky': 'cbst', 'car': 'mrnet'}, {0: 0, 1: 1, 'car': 0}],
)
def test_ways_to_write_a_table(given):
    assert resolve_teachers(given, 3, 2, CLASSES, TEACHERS) == (0, 1, 0)


@pytest.mark.parametrize('name, num_teachers, want', [('gta5', 4, GTA5_TEACHERS), ('synthia16', 3, SYNTHIA16_TEACHERS)])
def test_published_tables(name, num_teachers, want):
    assert resolve_teachers(name, len(want), num_teachers) == want


@pytest.mark.parametrize(
    'given, message',
    [
        ((0, 1), r"has 2 entries, expected one for each of the 3 classes, those of \['car'\] are missing"),
        ((0, 1, 0, 1), 'has 4 entries, expected one for each of the 3 classes$'),
        ((0, 1, 2), r'gives car to the unknown teacher 2, expected 0\.\.1 \(mrnet, cbst\)'),
        ((0, -1, 0), 'gives sky to the unknown teacher -1'),
        (('mrnet', 'dacs', 0), "gives sky to the unknown teacher 'dacs'"),
        ((0, None, 1), r"has no teacher for \['sky'\]"),
        ({'road': 0, 'car': 1}, r"has no teacher for \['sky'\]"),
        ({'road': 0, 'sky': 0, 'car': 1, 'tree': 1}, r"unknown classes \['tree'\]"),
        ('gta5', "table 'gta5' has 19 entries"),
        ('mine', r"teacher_of_class = 'mine', expected one of \('gta5', 'synthia16'\)"),
    ],
)
def test_a_table_that_does_not_fit_is_refused(given, message):
    with pytest.raises(ValueError, match=message):
        resolve_teachers(given, 3, 2, CLASSES, TEACHERS)


def test_a_published_table_with_too_few_teachers_is_refused():
    with pytest.raises(ValueError, match="table 'gta5' gives class 16 to the unknown teacher 3"):
        resolve_teachers('gta5', 19, 3)
