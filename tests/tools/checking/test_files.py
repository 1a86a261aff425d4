import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from mmengine.config import Config
from PIL import Image

from tests.tools.checking.helpers import CITY, first, tool, truncate

FINE = 'cityscapes/gtFine'


def val_label(data: Path) -> Path:
    return first(data / FINE / 'val', '_labelIds.png')


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
