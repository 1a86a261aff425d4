"""Teachers of an ensemble: models and files, in their own classes."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from mmuda.pseudo_labels.ensemble.teachers import FileTeacher, ModelTeacher, map_classes

STUDENT = ('road', 'wall', 'terrain', 'sky')
OWN = ('sky', 'road', 'wall')  # of the student's 3, 0, 1
SIZE = (4, 6)


class TestClasses:
    def test_classes_are_found_by_name(self):
        assert map_classes(OWN, STUDENT, 'a') == {0: 3, 1: 0, 2: 1}

    def test_classes_can_be_left_out(self):
        assert map_classes(('road', 'train', 'sky'), STUDENT, 'a', drop=['train']) == {0: 0, 2: 3}

    @pytest.mark.parametrize(
        'own, drop, message',
        [
            (
                ('road', 'train', 'bus'),
                (),
                r"teacher 'a' has classes that the student does not have: \['train', 'bus'\]",
            ),
            (('road', 'road'), (), "teacher 'a' has a class name twice"),
            (('road',), ('bus',), r"teacher 'a': drop_classes has \['bus'\], none of its classes"),
        ],
        ids=['unknown', 'twice', 'nothing to drop'],
    )
    def test_classes_that_do_not_fit_are_refused(self, own, drop, message):
        with pytest.raises(ValueError, match=message):
            map_classes(own, STUDENT, 'a', drop)


def model_teacher(probabilities: torch.Tensor, **options) -> ModelTeacher:
    return ModelTeacher('a', options.pop('classes', OWN), STUDENT, lambda name, path: probabilities.clone(), **options)


class TestModel:
    probabilities = torch.tensor([[[0.2, 0.1]], [[0.7, 0.305]], [[0.1, 0.595]]])  # sky, road, wall

    def test_labels_are_ids_of_the_student(self):
        labels, _ = model_teacher(self.probabilities)('0.png', '0.png', range(3))
        assert labels.tolist() == [[0, 1]] and labels.dtype == torch.uint8

    def test_certainties_are_bytes_rounded_down(self):
        _, certainties = model_teacher(self.probabilities)('0.png', '0.png', range(3))
        assert certainties.tolist() == [[[20, 10]], [[70, 30]], [[10, 59]]]

    def test_planes_asked_for(self):
        _, certainties = model_teacher(self.probabilities)('0.png', '0.png', [2])
        assert certainties.tolist() == [[[10, 59]]]

    def test_class_left_out_is_no_label(self):
        teacher = model_teacher(self.probabilities, classes=('sky', 'bus', 'wall'), drop_classes=['bus'])
        assert teacher('0.png', '0.png', [])[0].tolist() == [[3, 1]]

    def test_other_number_of_classes_is_refused(self):
        with pytest.raises(ValueError, match=r"teacher 'a' predicts 2 classes, but has 3 names"):
            model_teacher(self.probabilities[:2])('0.png', '0.png', [])

    def test_diverged_model_is_named(self):
        with pytest.raises(ValueError, match="teacher 'a', image 0.png: .*NaN"):
            model_teacher(self.probabilities * torch.nan)('0', '0.png', range(3))


@pytest.fixture
def image(tmp_path) -> tuple[str, str]:
    Image.new('RGB', SIZE[::-1]).save(tmp_path / 'x.png')
    return 'city/x.png', str(tmp_path / 'x.png')


@pytest.fixture
def certainties() -> np.ndarray:
    return np.random.default_rng(0).dirichlet([1.0] * len(OWN), SIZE).__mul__(100).astype(np.uint8)


@pytest.fixture
def teacher(tmp_path, certainties) -> FileTeacher:
    folders = [tmp_path / kind for kind in ('labels', 'certainties')]
    for folder in folders:
        folder.mkdir()
    Image.fromarray(np.eye(*SIZE, dtype=np.uint8)).save(folders[0] / 'x.png')
    np.save(folders[1] / 'x.npy', certainties)
    return FileTeacher('files', OWN, STUDENT, *folders)


class TestFiles:
    def test_labels_are_ids_of_the_student(self, teacher, image):
        assert torch.equal(teacher(*image, [])[0], (3 - 3 * torch.eye(*SIZE)).byte())

    def test_ignored_labels_stay(self, teacher, image):
        Image.fromarray(np.full(SIZE, 255, np.uint8)).save(teacher.labels / 'x.png')
        assert (teacher(*image, [])[0] == 255).all()

    def test_dropped_labels_are_ignored(self, teacher, image):
        other = FileTeacher('files', ('bus', 'road', 'wall'), STUDENT, teacher.labels, teacher.certainties, ['bus'])
        assert torch.equal(other(*image, [])[0], (255 - 255 * torch.eye(*SIZE)).byte())

    def test_planes_asked_for(self, teacher, image, certainties):
        np.testing.assert_array_equal(teacher(*image, [2, 0])[1], certainties.transpose(2, 0, 1)[[2, 0]])

    def test_floating_point_is_rounded_down(self, teacher, image, certainties):
        np.save(teacher.certainties / 'x.npy', certainties + np.float32(0.9))
        assert torch.equal(teacher(*image, [0, 1, 2])[1], torch.from_numpy(certainties.transpose(2, 0, 1).copy()))

    def test_scale_of_probabilities_is_noticed(self, teacher, image, certainties):
        np.save(teacher.certainties / 'x.npy', certainties / np.float32(100))
        with pytest.raises(ValueError, match=r"teacher 'files': .*x\.npy: .*expected 0\.\.100.* scale 0\.\.1"):
            teacher(*image, [0])

    @pytest.mark.parametrize('value, message', [(300, r'.*\.\.300'), (-5, r'-5\.\.'), (np.nan, r'nan\.\.nan')])
    @pytest.mark.parametrize('row', range(SIZE[0]))
    def test_values_off_the_scale_are_noticed_in_every_row(self, teacher, image, certainties, value, message, row):
        certainties = certainties.astype(np.float32)
        certainties[row, 2, 1] = value
        np.save(teacher.certainties / 'x.npy', certainties)
        with pytest.raises(ValueError, match=rf"'files': .*x\.npy: certainties of {message}.*expected 0\.\.100"):
            teacher(*image, [1])

    @pytest.mark.parametrize('dtype', [np.uint8, np.int16, np.float16])
    def test_rare_class_is_no_sign_of_another_scale(self, teacher, image, dtype):
        certainties = np.zeros((*SIZE, 3), dtype)
        certainties[..., 0], certainties[..., 1] = 100, 1
        np.save(teacher.certainties / 'x.npy', certainties)
        assert (teacher(*image, [1])[1] == 1).all()

    @pytest.mark.parametrize(
        'shape, message',
        [
            ((4, 5, 3), r'has \(height, width\) = \(4, 5\), expected .*\(4, 6\)'),
            ((4, 6, 4), r'has the shape \(4, 6, 4\), expected \(height, width, 3 classes\)'),
            ((3, 4, 6), r'has the shape \(3, 4, 6\)'),
            ((24,), r'has the shape \(24,\)'),
        ],
    )
    def test_certainties_of_another_shape_are_refused(self, teacher, image, shape, message):
        np.save(teacher.certainties / 'x.npy', np.full(shape, 50, np.uint8))
        with pytest.raises(ValueError, match=rf'x\.npy {message}'):
            teacher(*image, [0])

    @pytest.mark.parametrize(
        'labels, message',
        [
            (np.zeros((4, 5), np.uint8), r'x\.png has mode L and \(height, width\) = \(4, 5\), expected .*\(4, 6\)'),
            (np.zeros((*SIZE, 3), np.uint8), r'x\.png has mode RGB'),
            (np.full(SIZE, 7, np.uint8), r'x\.png has the label 7, expected train ids below 3'),
        ],
        ids=['size', 'colors', 'label ids'],
    )
    def test_labels_of_another_kind_are_refused(self, teacher, image, labels, message):
        Image.fromarray(labels).save(teacher.labels / 'x.png')
        with pytest.raises(ValueError, match=message):
            teacher(*image, [])

    @pytest.mark.parametrize('kind', ['labels', 'certainties'])
    def test_damaged_files_are_named(self, teacher, image, kind):
        path = next(Path(getattr(teacher, kind)).iterdir())
        path.write_bytes(path.read_bytes()[:40])
        with pytest.raises(OSError, match=f"teacher 'files': cannot read {kind} .*{path.name}"):
            teacher(*image, [0])

    @pytest.mark.parametrize('kind', ['labels', 'certainties'])
    def test_missing_files_are_counted_and_the_first_named(self, teacher, kind):
        names = [f'city/{index}.png' for index in range(7)]
        folder = getattr(teacher, kind)
        if kind == 'certainties':
            for name in names:
                (teacher.labels / Path(name).name).touch()
        with pytest.raises(FileNotFoundError, match=f"teacher 'files': {kind} of 7 of 8 images") as error:
            teacher.check(['x.png', *names])
        suffix = 'png' if kind == 'labels' else 'npy'
        assert all(f'{folder}/{index}.{suffix}' in str(error.value) for index in range(5))
        assert f'5.{suffix}' not in str(error.value)

    def test_images_that_would_share_files_are_refused(self, teacher):
        with pytest.raises(ValueError, match="the images 'city/x.png' and 'town/x.png' would have the same files"):
            teacher.check(['city/x.png', 'town/x.png'])
