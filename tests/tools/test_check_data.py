import importlib.util
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from mmengine.config import Config
from PIL import Image

from mmuda.datasets.classes import CITYSCAPES_CLASSES
from mmuda.pseudo_labels import PseudoLabelStore
from tests.helpers.tiny import REPO, make_data, shrink_data

FILE = REPO / 'tools' / 'check_data.py'
spec = importlib.util.spec_from_file_location('check_data', FILE)
tool = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tool)

CITY = 'cityscapes/leftImg8bit'
FINE = 'cityscapes/gtFine'


class Checked(NamedTuple):
    code: int
    found: dict[str, Any]
    output: str

    def messages(self, severity: str, kind: str, split: str) -> list[str]:
        wanted = dict(severity=severity, kind=kind, split=split)
        return [finding['message'] for finding in self.found['findings'] if wanted.items() <= finding.items()]


@pytest.fixture(scope='module')
def toy(tmp_path_factory) -> Path:
    return make_data(tmp_path_factory.mktemp('doctor'))


@pytest.fixture
def data(toy, tmp_path) -> Path:
    return shutil.copytree(toy, tmp_path / 'toy')


@pytest.fixture
def config(data) -> Config:
    made = Config.fromfile(REPO / 'configs' / 'toy' / 'mrnet.py')
    shrink_data(made, data)
    return made


@pytest.fixture
def check(monkeypatch, capsys, tmp_path, config) -> Callable[..., Checked]:
    def check_(*options: str) -> Checked:
        config.dump(tmp_path / 'config.py')
        found = tmp_path / 'out' / 'found.json'
        arguments = ['check_data.py', str(tmp_path / 'config.py'), '--json', str(found), '--processes', '2', *options]
        monkeypatch.setattr(sys, 'argv', arguments)
        with pytest.raises(SystemExit) as ended:
            tool.main()
        assert [path.name for path in found.parent.iterdir()] == ['found.json']
        return Checked(int(ended.value.code), json.loads(found.read_text()), capsys.readouterr().out)

    return check_


def first(folder: Path, ending: str = '.png') -> Path:
    return min(path for path in folder.rglob(f'*{ending}'))


def val_label(data: Path) -> Path:
    return first(data / FINE / 'val', '_labelIds.png')


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])


def own_labels(config: Config, data: Path) -> None:
    """The source as own data, whose labels are class indices."""
    config.train_dataloader.dataset.source.type = 'FolderDataset'
    config.train_dataloader.dataset.source.data_prefix = dict(img_path='images', seg_map_path='labels')
    config.train_dataloader.dataset.source.metainfo = dict(classes='cityscapes19')
    for path in (data / 'gta' / 'labels').iterdir():
        label = np.arange(64 * 96, dtype=np.uint8).reshape(64, 96) % 19
        Image.fromarray(label).save(path)


def test_sound_data(check):
    code, found, output = check()
    assert (code, found['errors']) == (0, 0)
    assert {name: (split['images'], split['labels']) for name, split in found['splits'].items()} == {
        'source': (6, 6),
        'target': (4, 0),
        'validation': (2, 2),
    }  # the test data are those of the validation
    assert found['files'] == 6 + 6 + 4 + 2 + 2
    assert found['splits']['source']['sizes'] == {'96x64': 6}
    assert sum(found['splits']['source']['class_shares'].values()) == pytest.approx(1)
    assert not found['duplicates']
    assert f'{found["files"]} files in' in output and 'files per second' in output
    for words in ('sharpness', 'brightness', 'bicycle', 'GTADataset'):
        assert words in output


def test_the_gap_says_how_the_images_differ(check, data):
    for path in (data / CITY / 'train').rglob('*.png'):
        Image.fromarray(np.array(Image.open(path)) // 4).save(path)
    gap = check().found['gap']
    assert gap['brightness']['target'] < gap['brightness']['source'] / 2
    assert gap['brightness']['gap'] < -2
    assert [abs(values['gap']) for values in gap.values()] == sorted(
        (abs(values['gap']) for values in gap.values()), reverse=True
    )


@pytest.mark.parametrize('folder, split', [('gta/images', 'source'), (f'{CITY}/train', 'target')])
def test_a_truncated_image(check, data, folder, split):
    truncate(damaged := first(data / folder))
    checked = check()
    (message,) = checked.messages('error', 'image', split)
    assert checked.code == 1 and message.startswith(f'cannot read image {damaged}:')
    assert message in checked.output


def test_no_image_at_all(check, data):
    first(data / 'gta/images').write_text('no image')
    assert len(check().messages('error', 'image', 'source')) == 1


def test_a_truncated_label(check, data):
    truncate(val_label(data))
    checked = check()
    assert checked.code == 1 and len(checked.messages('error', 'label', 'validation')) == 1


def test_a_color_label(check, data):
    Image.open(path := val_label(data)).convert('RGB').save(path)
    (message,) = check().messages('error', 'label', 'validation')
    assert 'a color picture of the labels?' in message


def test_a_label_of_16_bits(check, data):
    Image.fromarray(np.zeros((64, 96), np.uint16)).save(val_label(data))
    (message,) = check().messages('error', 'label', 'validation')
    assert 'a 16-bit image' in message


def test_a_label_value_beyond_the_classes(check, config, data):
    own_labels(config, data)
    Image.fromarray(np.full((64, 96), 19, np.uint8)).save(path := first(data / 'gta/labels'))
    checked = check()
    (message,) = checked.messages('error', 'label value', 'source')
    assert checked.code == 1 and f'{path} has the values [19], but there are 19 classes' in message


def test_a_label_of_another_size(check, data):
    label = Image.open(path := val_label(data))
    label.resize((48, 32), Image.Resampling.NEAREST).save(path)
    (message,) = check().messages('error', 'size', 'validation')
    assert f'{path} has 48x32 pixels' in message and 'has 96x64' in message


def test_a_size_that_the_pipeline_fits_is_a_warning(check, config, data):
    for transform in config.train_dataloader.dataset.source.pipeline:
        if transform.type == 'LoadLabelIds':
            transform.on_size_mismatch = 'resize'
    label = Image.open(path := first(data / 'gta/labels'))
    label.resize((48, 32), Image.Resampling.NEAREST).save(path)
    checked = check()
    assert checked.code == 0 and len(checked.messages('warning', 'size', 'source')) == 1


def test_a_missing_label_does_not_hide_the_other_files(check, data):
    first(data / 'gta/labels').unlink()
    truncate(max((data / 'gta/labels').iterdir()))
    checked = check()
    (message,) = checked.messages('error', 'missing', 'source')
    assert checked.code == 1 and '1 images have no label file' in message
    assert len(checked.messages('error', 'label', 'source')) == 1
    assert checked.found['splits']['source']['labels'] == 5


def test_a_missing_folder_does_not_hide_the_other_splits(check, data):
    shutil.rmtree(data / 'gta')
    truncate(first(data / CITY / 'train'))
    checked = check()
    (message,) = checked.messages('error', 'data set', 'source')
    assert 'there is no image folder' in message
    assert len(checked.messages('error', 'image', 'target')) == 1


def test_testing_may_be_the_prediction_of_the_target(check, config):
    config.val_dataloader = config.val_evaluator = config.val_cfg = None
    target = config.train_dataloader.dataset.target
    config.test_dataloader.dataset = dict(target, pipeline=config.test_pipeline)
    checked = check()
    assert checked.code == 0
    assert list(checked.found['splits']) == ['source', 'target']
    assert not any(finding['kind'] in ('duplicate', 'missing') for finding in checked.found['findings'])


def test_files_that_are_left_out(check, data):
    (data / 'gta/images/notes.txt').write_text('')
    checked = check()
    (message,) = checked.messages('warning', 'left out', 'source')
    assert checked.code == 0 and '1 .txt' in message


def test_classes_that_never_occur_and_labels_that_are_ignored(check, config, data):
    own_labels(config, data)
    for path in (data / 'gta/labels').iterdir():
        Image.fromarray(np.tile(np.arange(96, dtype=np.uint8) % 16, (64, 1))).save(path)
    Image.fromarray(np.full((64, 96), 255, np.uint8)).save(empty := first(data / 'gta/labels'))
    checked = check()
    missing, ignored = checked.messages('warning', 'classes', 'source')
    assert missing.endswith(': train, motorcycle, bicycle')
    assert f'every pixel is ignored, first {empty}' in ignored
    assert checked.found['splits']['source']['missing_classes'] == ['train', 'motorcycle', 'bicycle']
    assert checked.code == 0


def test_classes_that_the_metadata_do_not_name(check, data):
    label = np.array(Image.open(path := first(data / 'gta/labels')))
    label[:32] = 34
    Image.fromarray(label).save(path)
    checked = check()
    (message,) = checked.messages('note', 'unnamed ids', 'source')
    assert '34 (8.3 %)' in message
    assert checked.found['splits']['source']['ids_that_are_no_class']['34'] == 32 * 96


@pytest.mark.parametrize('training', ['gta/images', f'{CITY}/train'])
def test_a_near_duplicate_in_training_and_validation(check, data, training):
    held_out = first(data / CITY / 'val')
    image = np.array(Image.open(held_out)).astype(np.int16)
    noisy = np.clip(image + np.random.default_rng(0).integers(-4, 5, image.shape) + 5, 0, 255).astype(np.uint8)
    Image.fromarray(noisy).save(copy := first(data / training))
    checked = check()
    (duplicate,) = checked.found['duplicates']
    assert (duplicate['training'], duplicate['validation']) == (str(copy), str(held_out))
    assert duplicate['distance'] <= 10
    assert checked.code == 0 and len(checked.messages('warning', 'duplicate', 'validation')) == 1


def test_target_labels_are_never_opened(check, data):
    for path in (data / FINE / 'train').rglob('*.png'):
        path.write_text('no image')
    checked = check()
    assert checked.code == 0 and checked.found['splits']['target']['labels'] == 0


def test_other_classes_in_the_validation(check, config):
    config.val_dataloader.dataset.metainfo = dict(classes='synthia16')
    checked = check()
    (message,) = checked.messages('error', 'classes', 'validation')
    assert 'terrain' in message and checked.code == 1


def test_a_long_list_is_cut_on_the_terminal_only(check, data):
    for path in (data / 'gta/images').iterdir():
        truncate(path)
    checked = check('--show', '2')
    assert 'and 4 more' in checked.output
    assert len(checked.messages('error', 'image', 'source')) == 6


@pytest.mark.parametrize(
    'text, options, expected',
    [
        ('model = dict()', [], 'check_data: .*config.py: there are no data'),
        (None, [], 'check_data: .*config.py'),
        (
            "val_dataloader = dict(dataset=dict(type='GTADataset', data_root='.'))",
            ['--processes', '0'],
            'processes = 0',
        ),
    ],
)
def test_bad_input_is_one_sentence_and_leaves_no_file(monkeypatch, tmp_path, text, options, expected):
    config, found = tmp_path / 'config.py', tmp_path / 'found.json'
    if text is not None:
        config.write_text(text)
    monkeypatch.setattr(sys, 'argv', ['check_data.py', str(config), '--json', str(found), *options])
    with pytest.raises(SystemExit, match=expected):
        tool.main()
    assert not found.exists()


def stock_source(config: Config, data: Path, **options: Any) -> None:
    """The source as a data set class of MMSegmentation."""
    config.train_dataloader.dataset.source = dict(
        type='BaseSegDataset',
        data_root=str(data / 'gta'),
        data_prefix=dict(img_path='images', seg_map_path='labels'),
        img_suffix='.png',
        pipeline=[dict(type='LoadImageFromFile'), dict(type='LoadAnnotations'), dict(type='PackSegInputs')],
        **options,
    )


def write_labels(data: Path, values: list[int]) -> None:
    """Labels of the source of equally many pixels of each value."""
    for path in (data / 'gta' / 'labels').iterdir():
        Image.fromarray(np.resize(np.array(values, np.uint8), (64, 96))).save(path)


def test_labels_are_read_as_reduce_zero_label_shifts_them(check, config, data):
    stock_source(config, data, reduce_zero_label=True, metainfo=dict(classes=('road', 'car')))
    write_labels(data, [0, 1, 2, 1])
    checked = check()
    assert not checked.messages('error', 'label value', 'source')
    assert checked.found['splits']['source']['class_shares'] == pytest.approx({'road': 2 / 3, 'car': 1 / 3})
    write_labels(data, [0, 3])
    assert 'has the values [2], but there are 2 classes' in check().messages('error', 'label value', 'source')[0]


def test_a_pipeline_that_refuses_reduce_zero_label_is_an_error(check, config, data):
    stock_source(config, data, reduce_zero_label=True, metainfo=dict(classes=('road', 'car')))
    config.train_dataloader.dataset.source.pipeline[1] = dict(type='LoadLabelIds')
    write_labels(data, [0, 1, 2])
    assert 'LoadLabelIds refuses reduce_zero_label' in check().messages('error', 'pipeline', 'source')[0]


@pytest.mark.parametrize('kind, ids, shift', [('ADE20KDataset', 150, 1), ('CityscapesDataset', 19, 0)])
def test_data_sets_of_mmsegmentation(check, config, data, kind, ids, shift):
    stock_source(config, data, seg_map_suffix='.png')
    config.train_dataloader.dataset.source.type = kind
    write_labels(data, list(range(shift, ids + shift)))
    checked = check()
    split = checked.found['splits']['source']
    assert (split['dataset'], split['images'], split['labels']) == (kind, 6, 6)
    assert not checked.messages('error', 'label value', 'source') and not split['missing_classes']
    write_labels(data, [ids + shift])
    assert len(check().messages('error', 'label value', 'source')) == 6


def with_depth(config: Config, data: Path) -> Path:
    """Give the source depth; returns its folder."""
    config.train_dataloader.dataset.source.pipeline.insert(
        1, dict(type='LoadDepth', image_folder='images', depth_folder='depth')
    )
    for path in (data / 'gta/images').iterdir():
        (data / 'gta/depth').mkdir(exist_ok=True)
        Image.fromarray(np.full((64, 96), 500, np.uint16)).save(data / 'gta/depth' / path.name)
    return data / 'gta/depth'


def test_depth_is_checked(check, config, data):
    depth = with_depth(config, data)
    checked = check()
    assert checked.code == 0 and checked.found['files'] == 20 + 6
    paths = sorted(depth.iterdir())
    paths[0].unlink()
    truncate(paths[1])
    Image.fromarray(np.zeros((64, 96), np.uint8)).save(paths[2])
    Image.fromarray(np.zeros((32, 96), np.uint16)).save(paths[3])
    checked = check()
    messages = ' | '.join(checked.messages('error', 'depth', 'source'))
    for words in ('does not exist', 'truncated', 'expected 16 bits', 'has 96x32 pixels'):
        assert words in messages


@pytest.fixture
def second_stage(data, tmp_path, config) -> PseudoLabelStore:
    """The data of a second stage, and a whole store of its pseudo labels."""
    stage2 = Config.fromfile(REPO / 'configs' / 'toy' / 'mrnet_stage2.py')
    shrink_data(stage2, data)
    config.train_dataloader = stage2.train_dataloader
    config.work_dir = str(tmp_path / 'work')
    store = PseudoLabelStore(tmp_path / 'work' / 'pseudo_labels')
    store.open(dict(classes=list(stage2.train_dataloader.dataset.source.dataset.get('classes', CITYSCAPES_CLASSES))))
    images = data / CITY / 'train'
    for path in images.rglob('*.png'):
        planes = dict(label=np.resize(np.arange(19, dtype=np.uint8), (64, 96)), confidence=np.ones((64, 96)))
        store.write(str(path.relative_to(images)), planes)
    store.finish()
    return store


def test_pseudo_labels_are_checked(check, second_stage):
    checked = check()
    split = checked.found['splits']['labeled']
    assert checked.code == 0 and (split['images'], split['labels']) == (4, 4)
    assert split['pseudo_labels'] == str(second_stage.root)
    labels = sorted(path for path in second_stage.root.rglob('*.png') if 'confidence' not in path.parts)
    labels[0].unlink()
    truncate_to(labels[1], 20)
    Image.fromarray(np.full((64, 96), 19, np.uint8)).save(labels[2])
    truncate_to(next((second_stage.root / 'confidence').rglob('*.png')), 20)
    checked = check()
    assert '1 of 4 images have no label' in checked.messages('error', 'pseudo labels', 'labeled')[0]
    assert len(checked.messages('error', 'label', 'labeled')) == 1
    assert 'has the values [19]' in checked.messages('error', 'label value', 'labeled')[0]
    assert len(checked.messages('error', 'confidence', 'labeled')) == 1


def truncate_to(path: Path, number: int) -> None:
    path.write_bytes(path.read_bytes()[:number])


def test_pseudo_labels_that_are_not_there_yet_are_a_note(check, second_stage):
    shutil.rmtree(second_stage.root)
    checked = check()
    assert checked.code == 0 and 'training makes them' in checked.messages('note', 'pseudo labels', 'labeled')[0]


def test_pseudo_labels_of_other_classes_are_an_error(check, second_stage):
    shutil.rmtree(second_stage.root)
    second_stage.open(dict(classes=['road']))
    assert 'are of the classes' in check().messages('error', 'pseudo labels', 'labeled')[0]


def test_pictures_show_what_each_pipeline_gives(check, tmp_path):
    checked = check('--pictures', '3', '--out', str(tmp_path / 'sheets'))
    sheets = tmp_path / 'sheets'
    assert sorted(path.name for path in sheets.iterdir()) == ['source.png', 'target.png', 'validation.png']
    for path in sheets.iterdir():
        assert f'pictures: {path}' in checked.output
        assert np.asarray(Image.open(path)).std() > 20
    assert Image.open(sheets / 'source.png').width == 2 * 324


def test_a_broken_file_does_not_stop_the_pictures(check, data, tmp_path):
    truncate(first(data / CITY / 'val'))
    checked = check('--pictures', '--out', str(tmp_path / 'sheets'))
    assert checked.code == 1 and 'pictures: 1 samples could not be made, first validation 0:' in checked.output
    assert (tmp_path / 'sheets' / 'validation.png').is_file()


def test_files_that_are_not_measured_are_checked_all_the_same(check, data):
    assert check('--measured', '2').found['gap']
    truncate(sorted((data / 'gta/images').iterdir())[0])
    checked = check('--measured', '0')
    assert len(checked.messages('error', 'image', 'source')) == 1 and checked.found['gap'] == {}
    assert checked.found['splits']['source']['sizes'] == {'96x64': 5}
