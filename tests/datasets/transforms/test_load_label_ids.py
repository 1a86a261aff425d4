import cv2
import numpy as np
import pytest
from mmseg.registry import DATASETS, TRANSFORMS
from PIL import Image

from mmuda.datasets.files.label_files import DECODERS, read_label_ids
from mmuda.datasets.transforms import load_label_ids
from tests.helpers.published import LAYOUTS, write_dataset, write_image

LOAD = [dict(type='LoadImageStrict'), dict(type='LoadLabelIds')]


def load(config: dict, **kwargs) -> np.ndarray:
    return DATASETS.build(dict(config, pipeline=[LOAD[0], dict(LOAD[1], **kwargs)]))[0]['gt_seg_map']


@pytest.mark.parametrize('name', LAYOUTS)
def test_labels_are_uint8_of_the_image_size(tmp_path, name):
    label = load(write_dataset(tmp_path, name, np.zeros((4, 6), np.uint8)))
    assert (label.shape, label.dtype) == ((4, 6), np.uint8)


def test_palette_files_are_read_by_index_not_by_color(tmp_path):
    assert load(write_dataset(tmp_path, 'GTADataset', np.array([[7, 26]], np.uint8))).tolist() == [[0, 13]]


def test_synthia_ids_above_255_are_ignored(tmp_path):
    config = write_dataset(tmp_path, 'SynthiaDataset', np.array([[3, 259]], np.uint16))
    assert load(config).tolist() == [[0, 255]]


@pytest.mark.parametrize('name', LAYOUTS)
def test_label_of_another_size_than_its_image_is_named(tmp_path, name):
    config = write_dataset(tmp_path, name, np.zeros((4, 6), np.uint8), np.zeros((8, 12, 3), np.uint8))
    with pytest.raises(ValueError, match=rf'(?s){LAYOUTS[name].label}.*\(4, 6\).*\(8, 12\)'):
        load(config)


def test_label_of_another_size_is_stretched_on_request(tmp_path):
    image = np.zeros((2, 4, 3), np.uint8)
    config = write_dataset(tmp_path, 'GTADataset', np.array([[7, 26]], np.uint8), image)
    assert load(config, on_size_mismatch='resize').tolist() == [[0, 0, 13, 13]] * 2


@pytest.mark.parametrize('name', LAYOUTS)
@pytest.mark.parametrize('classes', [slice(None), slice(2, 5)], ids=['all', 'some'])
def test_labels_are_not_searched_where_the_table_gives_classes_only(tmp_path, monkeypatch, name, classes):
    searched, original = [], load_label_ids._beyond
    monkeypatch.setattr(load_label_ids, '_beyond', lambda values, num: searched.append(values) or original(values, num))
    config = write_dataset(tmp_path, name, np.zeros((4, 6), np.uint8))
    load(dict(config, metainfo=dict(classes=DATASETS.get(name).METAINFO['classes'][classes])))
    assert [values.ndim for values in searched] == [1]


def test_unknown_size_rule_is_refused():
    with pytest.raises(ValueError, match="on_size_mismatch = 'crop'"):
        TRANSFORMS.build(dict(type='LoadLabelIds', on_size_mismatch='crop'))


@pytest.mark.parametrize('name', LAYOUTS)
def test_truncated_label_file_is_named(tmp_path, name):
    rng = np.random.default_rng(0)
    config = write_dataset(tmp_path, name, rng.integers(0, 12, (32, 32)).astype(np.uint8))
    path = tmp_path / LAYOUTS[name].label
    path.write_bytes(path.read_bytes()[:-60])
    with pytest.raises(OSError, match=f'cannot read label file .*{LAYOUTS[name].label}'):
        load(config)


@pytest.mark.parametrize('name', LAYOUTS)
def test_label_file_of_garbage_is_named(tmp_path, name):
    config = write_dataset(tmp_path, name, np.zeros((4, 4), np.uint8))
    (tmp_path / LAYOUTS[name].label).write_bytes(b'no picture')
    with pytest.raises(OSError, match=f'cannot read label file .*{LAYOUTS[name].label}'):
        load(config)


@pytest.mark.parametrize('channels', [1, 3])
def test_synthia_of_8_bits_is_refused(tmp_path, channels):
    config = write_dataset(tmp_path, 'SynthiaDataset', np.zeros((4, 4), np.uint16))
    path = tmp_path / LAYOUTS['SynthiaDataset'].label
    cv2.imwrite(str(path), np.zeros((4, 4, channels), np.uint8))
    with pytest.raises(OSError, match=f'{path}.*expected a 16-bit image of 3 channels.*found 8 bits'):
        load(config)


def test_color_picture_instead_of_ids_is_refused(tmp_path):
    config = write_dataset(tmp_path, 'CityscapesLabelIdsDataset', np.zeros((4, 4), np.uint8))
    write_image(tmp_path / LAYOUTS['CityscapesLabelIdsDataset'].label, np.zeros((4, 4, 3), np.uint8))
    with pytest.raises(OSError, match="found mode 'RGB'"):
        load(config)


def test_robotcar_label_of_one_channel_is_refused(tmp_path):
    config = write_dataset(tmp_path, 'RobotCarDataset', np.zeros((4, 4), np.uint8))
    Image.new('L', (4, 4)).save(tmp_path / LAYOUTS['RobotCarDataset'].label)
    with pytest.raises(OSError, match="found mode 'L'"):
        load(config)


def test_unlabeled_data_set_is_named(tmp_path):
    config = write_dataset(tmp_path, 'CamVidDataset', np.zeros((4, 4), np.uint8))
    with pytest.raises(KeyError, match='its data set is unlabeled'):
        load(dict(config, data_prefix=dict(img_path='images/day_train')))


def test_label_loaded_after_the_resize_of_a_test_pipeline_keeps_its_size(tmp_path):
    config = write_dataset(tmp_path, 'CamVidDataset', np.zeros((4, 6), np.uint8))
    pipeline = [LOAD[0], dict(type='Resize', scale=(12, 8)), LOAD[1]]
    assert DATASETS.build(dict(config, pipeline=pipeline))[0]['gt_seg_map'].shape == (4, 6)


def test_label_is_loaded_in_every_view_of_test_time_augmentation(tmp_path):
    config = write_dataset(tmp_path, 'CamVidDataset', np.full((4, 6), 3, np.uint8))
    views = [
        [dict(type='Resize', scale_factor=factor, keep_ratio=True) for factor in (1.0, 2.0)],
        [dict(type='RandomFlip', prob=prob, direction='horizontal') for prob in (0.0, 1.0)],
        [LOAD[1]],
        [dict(type='PackSegInputs')],
    ]
    pipeline = [LOAD[0], dict(type='TestTimeAug', transforms=views)]
    samples = DATASETS.build(dict(config, pipeline=pipeline))[0]['data_samples']
    assert [tuple(sample.gt_sem_seg.shape) for sample in samples] == [(4, 6)] * 4


def test_label_that_vanished_after_start_is_named(tmp_path):
    config = write_dataset(tmp_path, 'CamVidDataset', np.zeros((4, 4), np.uint8))
    dataset = DATASETS.build(dict(config, pipeline=LOAD))
    (tmp_path / LAYOUTS['CamVidDataset'].label).unlink()
    with pytest.raises(FileNotFoundError, match=r'label file .*a\.png does not exist'):
        dataset[0]


def test_unknown_decoder_is_refused():
    with pytest.raises(ValueError, match="unknown label decoder 'tiff'"):
        read_label_ids('a.png', 'tiff')


def test_unlabeled_image_passes_where_no_label_is_required():
    results = TRANSFORMS.build(dict(type='LoadLabelIds', required=False))(dict(img_path='a.png'))
    assert results == dict(img_path='a.png')


@pytest.mark.parametrize(
    'mode, found',
    [('I;16', 'a 16-bit image: save its ids with 8 bits'), ('1', 'a mask of one bit: save it with 8 bits')],
)
def test_label_of_other_bits_says_what_to_do(tmp_path, mode, found):
    config = write_dataset(tmp_path, 'CamVidDataset', np.zeros((4, 4), np.uint8))
    Image.new(mode, (4, 4)).save(tmp_path / LAYOUTS['CamVidDataset'].label)
    with pytest.raises(OSError, match=f"cannot read label file .*found mode '{mode}' .{found}"):
        load(config)


def test_jpeg_labels_are_refused(tmp_path):
    config = write_dataset(tmp_path, 'CamVidDataset', np.zeros((4, 4), np.uint8))
    Image.new('L', (4, 4)).save(tmp_path / LAYOUTS['CamVidDataset'].label, format='JPEG')
    with pytest.raises(OSError, match='cannot read label file .*JPEG image, whose compression changes ids'):
        load(config)


@pytest.mark.parametrize('name', LAYOUTS)
def test_large_label_is_refused_before_it_is_decoded(tmp_path, name, monkeypatch):
    config = write_dataset(tmp_path, name, np.zeros((4, 6), np.uint8))
    assert load(config, max_pixels=24).shape == (4, 6)
    monkeypatch.setattr('mmuda.datasets.files.label_files.DECODERS', dict.fromkeys(DECODERS, pytest.fail))
    with pytest.raises(OSError, match='cannot read label file .*: it has 6x4 pixels, more than max_pixels = 23'):
        load(config, max_pixels=23)


def test_reduce_zero_label_is_refused(tmp_path):
    config = write_dataset(tmp_path, 'CamVidDataset', np.zeros((4, 4), np.uint8))
    with pytest.raises(ValueError, match='reduce_zero_label=True of the data set is not applied here'):
        load(dict(config, reduce_zero_label=True))
