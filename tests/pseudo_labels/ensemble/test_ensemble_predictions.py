"""Teachers of different classes in one class space."""

from types import SimpleNamespace

import pytest
import torch

from mmuda.pseudo_labels import MajorityLabeler, MeanCertaintyLabeler
from mmuda.pseudo_labels.ensemble.ensemble_predictions import EnsemblePredictions
from mmuda.pseudo_labels.ensemble.teachers import ModelTeacher

CLASSES = ('road', 'wall', 'sky')
SIZE = (5, 7)


def teacher(classes: tuple[str, ...], seed: int, size: tuple[int, int] = SIZE) -> ModelTeacher:
    generator = torch.Generator().manual_seed(seed)
    probabilities = torch.randn(len(classes), *size, generator=generator).mul(4).softmax(0)
    return ModelTeacher(f'teacher {seed}', classes, CLASSES, lambda name, path: probabilities)


@pytest.fixture
def teachers() -> list[ModelTeacher]:
    return [teacher(CLASSES, 0), teacher(('sky', 'road'), 1)]


def ensemble(teachers, teacher_of_class=None) -> EnsemblePredictions:
    return EnsemblePredictions(
        teachers, CLASSES, SimpleNamespace(teacher_of_class=teacher_of_class, reads_certainties=True)
    )


def test_every_teacher_is_in_the_place_of_the_student(teachers):
    predictions = ensemble(teachers)('0.png', '0.png')
    labels, certainties = teachers[1]('0.png', '0.png', [0, 1])
    assert torch.equal(predictions.labels[1], labels)
    assert torch.equal(predictions.certainties[1], torch.stack([certainties[1], certainties[0] * 0, certainties[0]]))


def test_of_known_teachers_the_certainties_are_read_alone(teachers):
    teacher_of_class = (1, 0, 1)
    every, owned = (ensemble(teachers, known)('0.png', '0.png') for known in (None, teacher_of_class))
    assert owned.teacher_of_class == teacher_of_class and torch.equal(owned.labels, every.labels)
    assert torch.equal(
        owned.certainties, torch.stack([every.certainties[t, c] for c, t in enumerate(teacher_of_class)])
    )


def test_which_teacher_knows_which_class(teachers):
    for teacher_of_class in (None, (1, 0, 1)):
        assert ensemble(teachers, teacher_of_class)('0.png', '0.png').known.tolist() == [
            [True] * 3,
            [True, False, True],
        ]


def test_teachers_without_a_class_do_not_lower_its_mean(teachers):
    labeler = MeanCertaintyLabeler(0)
    sure = ModelTeacher('sure', CLASSES, CLASSES, lambda name, path: torch.eye(3)[1].view(3, 1, 1).expand(3, *SIZE))
    planes = labeler(EnsemblePredictions([sure, teachers[1]], CLASSES, labeler)('0.png', '0.png'))
    assert planes.label.eq(1).all() and planes.confidence.eq(1).all()


def test_majority_asks_for_no_certainty():
    class Watched(ModelTeacher):
        def __call__(self, name, path, asked):
            assert not asked
            return super().__call__(name, path, asked)

    one = teacher(CLASSES, 0)
    watched = Watched(one.name, one.classes, CLASSES, one.predictions)
    predictions = EnsemblePredictions([watched], CLASSES, MajorityLabeler())('0.png', '0.png')
    assert torch.equal(predictions.labels, ensemble([one])('0.png', '0.png').labels)
    assert torch.equal(MajorityLabeler()(predictions).label, predictions.labels[0])


def test_the_teacher_of_a_class_must_know_it(teachers):
    with pytest.raises(ValueError, match="teacher of 'wall' is 'teacher 1', .*choose among .'teacher 0'"):
        ensemble(teachers, (1, 1, 1))


def test_class_that_no_teacher_knows_is_nobodys(teachers):
    assert not ensemble(teachers[1:], (0, 0, 0))('0.png', '0.png').certainties[1].any()


def test_labels_of_different_size_are_refused(teachers):
    teachers.append(teacher(CLASSES, 2, (5, 6)))
    with pytest.raises(ValueError, match=r"image 0.png: teacher 'teacher 2' gives labels .*\(5, 6\), .*\(5, 7\)"):
        ensemble(teachers)('0', '0.png')


def test_no_teachers_are_refused():
    with pytest.raises(ValueError, match='at least one teacher'):
        ensemble([])
