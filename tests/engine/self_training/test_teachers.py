"""Teachers from configs."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config

from mmuda.engine.self_training.teachers import ModelTeacherConfig, load_teachers, teacher_configs
from mmuda.pseudo_labels import MultiViewPredictor, PseudoLabelStore
from mmuda.pseudo_labels.generation import read_image
from mmuda.utils.config_text import read_settings
from tests.helpers.ensemble import CLASSES, make_teachers, write_teacher
from tests.helpers.tiny import REPO, load


@pytest.fixture(scope='module')
def made(tmp_path_factory) -> list[dict]:
    return make_teachers(tmp_path_factory.mktemp('teachers'))


@pytest.fixture
def teachers(made, tmp_path) -> list[dict]:
    """A copy that a test may damage."""
    folder = shutil.copytree(Path(made[0]['config']).parent, tmp_path / 'teachers')
    copies = [dict(teacher, config=str(folder / Path(teacher['config']).name)) for teacher in made]
    return [dict(copy, checkpoint=str(folder / copy['name'] / 'iter_1.pth')) for copy in copies]


def loaded(teachers, classes=CLASSES, names=('0.png',), seed=0):
    torch.manual_seed(seed)  # what is not loaded stays random
    return load_teachers(
        teacher_configs(teachers), classes, names, PseudoLabelStore('unused'), False, torch.device('cpu'), read_image
    )


def test_last_checkpoint_of_the_work_dir_is_taken(made):
    found, identities = loaded(made)
    state = load(Path(made[1]['config']).parent / 'plain' / 'iter_1.pth')['state_dict']
    weights = found[1].predictions.segmentor.state_dict()
    assert all(torch.equal(weights[key], value) for key, value in state.items())
    assert identities[0]['weights'] != identities[1]['weights']


def test_classes_are_those_of_the_checkpoint(made):
    found, identities = loaded(made)
    assert (len(found[0].class_ids), len(found[1].class_ids)) == (19, 16)
    assert found[1].class_ids[9] == 10  # sky
    assert identities[1]['classes'] == list(found[1].classes)


def test_classes_of_the_data_do_without_a_checkpoint_that_names_them(teachers):
    torch.save(load(teachers[0]['checkpoint'])['state_dict'], teachers[0]['checkpoint'])
    assert loaded(teachers)[0][0].classes == CLASSES


def test_weights_do_not_learn_and_models_evaluate(made):
    for teacher in loaded(made)[0]:
        model = teacher.predictions.segmentor
        assert not model.training and not any(parameter.requires_grad for parameter in model.parameters())


def test_fingerprint_follows_the_weights(teachers):
    before = loaded(teachers)[1]
    checkpoint = load(teachers[1]['checkpoint'])
    checkpoint['state_dict']['decode_head.conv_seg.bias'] += 1e-3
    torch.save(checkpoint, teachers[1]['checkpoint'])
    after = loaded(teachers)[1]
    assert after[0] == before[0] and after[1] != before[1]


def test_auxiliary_head_does_not_matter(teachers):
    cfg = Config.fromfile(teachers[1]['config'])
    cfg.model.auxiliary_head = dict(cfg.model.decode_head)
    teacher = write_teacher(Path(teachers[1]['config']).parent, 'auxiliary', cfg, CLASSES[:16])
    first, second = (loaded([teacher], seed=seed)[1] for seed in range(2))
    assert first == second


def test_checkpoint_of_a_uda_segmentor_serves_its_plain_student(teachers, tmp_path):
    cfg = Config.fromfile(teachers[0]['config'])
    plain = dict(cfg.model.segmentor, data_preprocessor=dict(type='SegDataPreProcessor'))
    (tmp_path / 'student.py').write_text(f'model = {Config(plain).to_dict()!r}')
    found, _ = loaded([dict(teachers[0], config=str(tmp_path / 'student.py'))])
    want, _ = loaded(teachers[:1])
    for got, wanted in zip(found[0].predictions.segmentor.parameters(), want[0].predictions.segmentor.parameters()):
        assert torch.equal(got, wanted)


def test_own_predictor_comes_before_the_common_one(made):
    common, own = (dict(type='LogitMapPredictor', scale=scale) for scale in (0.5, 0.75))
    configs = teacher_configs([made[0], dict(made[1], predictor=own)], common)
    assert [config.predictor['scale'] for config in configs] == [0.5, 0.75]


def test_without_a_predictor_it_is_that_of_the_paper(made):
    assert teacher_configs(made)[0].predictor == dict(type='LogitMapPredictor', scale=(1024, 512), flip=False)


class TestAlignCorners:
    """Logits are resized as the decode head does it."""

    @pytest.mark.parametrize('head', [0, 1], ids=['DualClassifierHead', 'plain segmentor'])
    @pytest.mark.parametrize('value', [False, True])
    def test_head_says_it(self, made, head, value):
        predictions = loaded([made[head]])[0][0].predictions
        getattr(predictions.segmentor, 'student', predictions.segmentor).decode_head.align_corners = value
        small = predictions.predictor.encode(predictions.segmentor, np.zeros((64, 128, 3), np.uint8), 'a.png')
        assert small.align_corners is value

    def test_prediction_is_that_of_the_model(self, made):
        own = dict(type='LogitMapPredictor', scale=(128, 64), flip=False)
        predictions = loaded([dict(made[1], predictor=own)])[0][0].predictions
        predictions.segmentor.test_cfg = Config(dict(mode='whole'))
        image = np.random.default_rng(0).integers(0, 256, (64, 128, 3), np.uint8)
        want = MultiViewPredictor([(128, 64)], flip=False, interpolation='bilinear')(
            predictions.segmentor, image, 'a.png'
        )
        torch.testing.assert_close(
            predictions.predictor(predictions.segmentor, image, 'a.png'), want, rtol=0, atol=1e-4
        )


@pytest.mark.parametrize('index', [0, 1], ids=['UDASegmentor', 'plain segmentor'])
@pytest.mark.parametrize(
    'change, message',
    [
        (lambda state: state.pop(next(iter(state))), '1 of [0-9]+ parameters are missing'),
        (lambda state: state.update({next(iter(state)): torch.zeros(1)}), '1 have another shape'),
        (lambda state: state.update({'backbone.layer5.weight': torch.zeros(1)}), '1 are unknown'),
    ],
    ids=['missing', 'reshaped', 'unknown'],
)
def test_checkpoint_of_another_architecture_is_refused(teachers, index, change, message):
    teacher = teachers[index]
    checkpoint = load(teacher['checkpoint'])
    change(checkpoint['state_dict'])
    torch.save(checkpoint, teacher['checkpoint'])
    with pytest.raises(
        RuntimeError,
        match=f"teacher '{teacher['name']}': the checkpoint .*iter_1.pth is of another architecture than .*{message}",
    ):
        loaded([teacher])


def test_checkpoints_that_changed_places_are_refused(teachers):
    first, second = teachers
    first['checkpoint'], second['checkpoint'] = second['checkpoint'], first['checkpoint']
    with pytest.raises(RuntimeError, match="teacher 'two': .* another architecture"):
        loaded(teachers)


@pytest.mark.usefixtures('formatted_texts')
class TestTrainedSettings:
    """A checkpoint holds the config that it was trained with."""

    def check(self, teacher: dict, trained: Config, text: str | None = None) -> None:
        checkpoint = load(teacher['checkpoint'])
        checkpoint['meta']['cfg'] = trained.pretty_text if text is None else text
        torch.save(checkpoint, teacher['checkpoint'])
        loaded([teacher])

    @pytest.mark.parametrize('index', [0, 1], ids=['UDASegmentor', 'plain segmentor'])
    def test_checkpoint_fits_the_config_that_it_was_trained_with(self, teachers, index):
        self.check(teachers[index], Config.fromfile(teachers[index]['config']))

    @pytest.mark.parametrize(
        'change, message',
        [
            ({'decode_head.align_corners': True}, r'model\.decode_head\.align_corners is True, expected None'),
            ({'backbone.contract_dilation': False}, r'model\.backbone\.contract_dilation is False'),
            ({'data_preprocessor.std': [1.0, 1.0, 1.0]}, r'data_preprocessor\.std is \[1\.0, .*expected \[64\.0'),
            ({'data_preprocessor.bgr_to_rgb': True}, r'data_preprocessor\.channels_swapped is True, expected False'),
        ],
    )
    def test_other_settings_of_the_prediction_are_refused(self, teachers, change, message):
        cfg = Config.fromfile(teachers[1]['config'])
        cfg.merge_from_dict({f'model.{key}': value for key, value in change.items()})
        with pytest.raises(RuntimeError, match=f"teacher 'plain': the checkpoint .* trained with other .*: {message}"):
            self.check(teachers[1], cfg)

    def test_settings_that_do_not_change_the_prediction_may_differ(self, teachers):
        cfg = Config.fromfile(teachers[1]['config'])
        cfg.merge_from_dict(
            {
                'model.backbone.norm_eval': True,
                'model.backbone.init_cfg': dict(type='Pretrained', checkpoint='a.pth'),
                'model.decode_head.loss_decode': dict(type='FocalLoss'),
                'model.test_cfg': dict(mode='slide'),
                'model.data_preprocessor.size': (64, 64),
                'model.data_preprocessor.bgr_to_rgb': False,
            }
        )
        self.check(teachers[1], cfg)

    def test_preprocessor_may_stand_beside_the_model(self, teachers):
        cfg = Config.fromfile(teachers[1]['config'])
        cfg.data_preprocessor = cfg.model.pop('data_preprocessor')
        self.check(teachers[1], cfg)

    @pytest.mark.parametrize('text', ['', 'model = dict(', 'model = dict(type=unknown)', 'model = 1', 'seed = 1'])
    def test_text_that_cannot_be_read_is_not_compared(self, teachers, text):
        self.check(teachers[1], Config(), text)

    def test_text_is_not_executed(self, teachers, tmp_path):
        self.check(teachers[1], Config(), f'open({str(tmp_path / "made")!r}, "w")\nmodel = dict(a=open("b", "w"))')
        assert not (tmp_path / 'made').exists()

    @pytest.mark.parametrize('name', ['dacs', 'mrnet', 'crst_mrkld', 'ensemble'])
    def test_text_says_what_the_config_says(self, name):
        cfg = Config.fromfile(REPO / 'configs' / 'toy' / f'{name}.py')
        assert read_settings(cfg.pretty_text, ['model', 'missing']) == dict(model=cfg.model.to_dict())

    def test_published_configs_with_the_same_parameters_are_told_apart(self, tmp_path):
        text = Config.fromfile(REPO / 'configs/crst/gta2cs.py').pretty_text
        teacher = ModelTeacherConfig(str(REPO / 'configs/dacs/gta2cs.py'))
        with pytest.raises(RuntimeError, match=r'the checkpoint a\.pth .* model\.decode_head\.branches is '):
            teacher._check_settings(dict(meta=dict(cfg=text)), 'a.pth')


@pytest.mark.parametrize('name', ['decode_head.conv_seg.bias', 'backbone.bn1.running_mean'])
def test_teacher_that_is_no_numbers_does_not_label(teachers, name):
    checkpoint = load(teachers[1]['checkpoint'])
    checkpoint['state_dict'][name][0] = float('nan')
    torch.save(checkpoint, teachers[1]['checkpoint'])
    with pytest.raises(FloatingPointError, match=f"teacher 'plain': .*iter_1.pth cannot label: {name} has values"):
        loaded(teachers)


def test_classes_that_the_student_lacks_are_refused(made):
    with pytest.raises(ValueError, match=r"teacher 'two' has classes that the student does not have: \['terrain'"):
        loaded(made, [name for name in CLASSES if name not in ('terrain', 'truck', 'train')])


def test_classes_that_are_left_out(made):
    drop = ('terrain', 'truck', 'train')
    classes = [name for name in CLASSES if name not in drop]
    found, _ = loaded([dict(made[0], drop_classes=drop), made[1]], classes)
    assert set(found[0].class_ids.values()) == set(found[1].class_ids.values()) == set(range(16))


def test_other_number_of_class_names_is_refused(made):
    with pytest.raises(ValueError, match="teacher 'plain': the names of its 16 classes are not known"):
        loaded([dict(made[1], classes=['road'])])


@pytest.mark.parametrize(
    'options, message',
    [
        (dict(checkpoint='missing.pth'), "teacher 'two': there is no checkpoint missing.pth"),
        (dict(work_dir='missing'), "teacher 'two': there is no checkpoint in 'missing'. Train it first: "),
    ],
)
def test_missing_checkpoint_is_named(made, options, message):
    with pytest.raises(FileNotFoundError, match=re.escape(message)):
        loaded([dict(made[0], **options)])


@pytest.mark.parametrize(
    'teacher, error, message',
    [
        (dict(config='missing.py'), FileNotFoundError, 'there is no config missing.py'),
        (dict(labels='missing', certainties='.'), FileNotFoundError, "there is no folder labels = 'missing'"),
        (dict(labels='.'), ValueError, r"teachers\[0\] has the keys \['labels'\] .*'certainties'"),
        (dict(), ValueError, r'teachers\[0\] has the keys \[\] '),
    ],
)
def test_settings_that_are_not_understood_are_refused(teacher, error, message):
    with pytest.raises(error, match=f'train_cfg.labels.teachers.*{message}|train_cfg.labels.{message}'):
        teacher_configs([teacher])


@pytest.mark.parametrize(
    'options, message',
    [
        (dict(weights='a.pth'), r"teachers\[0\] has the keys .*unexpected keyword argument 'weights'"),
        (dict(checkpoint='a.pth', work_dir='b'), 'has both checkpoint and work_dir'),
        (dict(predictor=dict(type='LogitMapPredictor', scale=0)), 'scale = 0'),
    ],
)
def test_settings_of_a_model_that_are_refused(made, options, message):
    with pytest.raises(ValueError, match=message):
        teacher_configs([dict(made[0], **options)])


def test_no_teachers_are_refused():
    with pytest.raises(ValueError, match='train_cfg.labels.teachers is empty'):
        teacher_configs([])


def test_teachers_of_one_name_are_refused(made):
    with pytest.raises(ValueError, match=r"\['two'\] is the name of several teachers"):
        teacher_configs([made[0], made[0]])


def test_name_is_that_of_the_config_if_none_is_given(made):
    config = ModelTeacherConfig(made[0]['config'])
    assert config.name == f'{Path(made[0]["config"]).parent.name}_two'


class TestFiles:
    @pytest.fixture
    def files(self, tmp_path) -> dict:
        for kind in ('labels', 'certainties'):
            (tmp_path / kind).mkdir()
        for name in ('0', '1'):
            (tmp_path / 'labels' / f'{name}.png').write_bytes(name.encode())
            np.save(tmp_path / 'certainties' / f'{name}.npy', np.full((2, 2, 19), 5, np.uint8))
        return dict(labels=str(tmp_path / 'labels'), certainties=str(tmp_path / 'certainties'))

    def test_models_and_files_can_be_mixed(self, files, made):
        found, identities = loaded([files, made[1]], names=['a/0.png', 'a/1.png'])
        assert [teacher.name for teacher in found] == ['labels', 'plain']
        assert identities[0]['classes'] == list(CLASSES)

    def test_fingerprint_follows_the_labels(self, files):
        before = loaded([files], names=['0.png', '1.png'])[1]
        Path(files['labels'], '1.png').write_bytes(b'other')
        assert loaded([files], names=['0.png', '1.png'])[1] != before

    @pytest.mark.parametrize(
        'change',
        [lambda certainties: certainties // 2, lambda certainties: certainties.astype(np.float32)],
        ids=['values', 'type'],
    )
    def test_fingerprint_follows_the_certainties(self, files, change):
        before = loaded([files], names=['0.png', '1.png'])[1]
        path = Path(files['certainties'], '1.npy')
        np.save(path, change(np.load(path)))
        assert loaded([files], names=['0.png', '1.png'])[1] != before

    def test_copy_of_the_files_has_the_same_fingerprint(self, files, tmp_path):
        before = loaded([files], names=['0.png', '1.png'])[1]
        copies = {
            kind: shutil.copytree(folder, tmp_path / 'copy' / kind, copy_function=shutil.copy)
            for kind, folder in files.items()
        }
        assert loaded([{kind: str(folder) for kind, folder in copies.items()}], names=['0.png', '1.png'])[1] == before

    def test_missing_files_are_noticed_at_once(self, files):
        with pytest.raises(FileNotFoundError, match=r"teacher 'labels': labels of 1 of 2 images .*labels/2\.png"):
            loaded([files], names=['a/0.png', 'a/2.png'])
