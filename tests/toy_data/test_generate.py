import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from mmuda.toy_data import write_toy_data
from mmuda.toy_data.labels import CITYSCAPES_COLORS, LABEL_IDS
from mmuda.toy_data.layouts import label_map
from mmuda.toy_data.looks import LOOKS, render
from mmuda.toy_data.scene import FEATURED, draw_scene

TRAIN_IDS = [i for name, i in LABEL_IDS.items() if name not in ('ego_vehicle', 'static')]


@pytest.fixture(scope='module')
def toy(tmp_path_factory) -> Path:
    return write_toy_data(tmp_path_factory.mktemp('data') / 'toy', num_train=8, num_val=2, size=(128, 64))


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob('*.png'))


def test_gta_layout_numbers_validation_after_training(toy):
    expected = [f'{k:05d}.png' for k in range(1, 11)]
    assert names(toy / 'gta/images') == names(toy / 'gta/labels') == expected


def test_gta_labels_are_palette_pngs_with_the_cityscapes_palette(toy):
    label = Image.open(toy / 'gta/labels/00001.png')
    assert label.mode == 'P'
    assert tuple(label.getpalette()[: 3 * len(CITYSCAPES_COLORS)]) == sum(CITYSCAPES_COLORS, ())


def test_synthia_layout(toy):
    expected = [f'{k:07d}.png' for k in range(10)]
    assert all(names(toy / 'synthia' / kind) == expected for kind in ('RGB', 'GT/LABELS', 'Depth'))


def test_synthia_labels_are_16_bit_with_the_id_in_red_and_the_instance_in_green(toy):
    files = sorted((toy / 'synthia/GT/LABELS').iterdir())
    labels = np.stack([cv2.imread(str(f), cv2.IMREAD_UNCHANGED) for f in files])
    assert labels.dtype == np.uint16 and labels.shape[-1] == 3
    instance, ids = labels[..., 1], labels[..., 2]
    assert set(np.unique(ids)) <= {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 15, 17, 19, 21, 22}
    things = np.isin(ids, [8, 10, 11, 12, 17, 19])
    np.testing.assert_array_equal(instance > 0, things)


def test_synthia_depth_is_16_bit_and_65535_exactly_in_the_sky(toy):
    for file in (toy / 'synthia/Depth').iterdir():
        depth = cv2.imread(str(file), cv2.IMREAD_UNCHANGED)
        ids = cv2.imread(str(toy / 'synthia/GT/LABELS' / file.name), cv2.IMREAD_UNCHANGED)[..., 2]
        assert depth.dtype == np.uint16 and depth.ndim == 2
        np.testing.assert_array_equal(depth == 65535, ids == 1)


def test_depth_is_in_centimeters(toy):
    depth = cv2.imread(str(toy / 'synthia/Depth/0000000.png'), cv2.IMREAD_UNCHANGED)
    assert 200 < np.median(depth[-1]) < 900  # the road in front of the camera, a few meters away


@pytest.mark.parametrize('split, count', [('train', 8), ('val', 2)])
def test_cityscapes_layout(toy, split, count):
    images = names(toy / 'cityscapes/leftImg8bit' / split)
    labels = names(toy / 'cityscapes/gtFine' / split)
    assert len(images) == count
    assert labels == [name.replace('_leftImg8bit', '_gtFine_labelIds') for name in images]
    assert all(Path(name).name.startswith(Path(name).parent.name + '_') for name in images)


def test_robotcar_has_labels_for_validation_only(toy):
    assert len(names(toy / 'robotcar/train')) == 8
    assert names(toy / 'robotcar/val') == names(toy / 'robotcar/anno')


def test_robotcar_labels_are_rgba_with_the_id_in_channel_0(toy):
    labels = np.stack([np.array(Image.open(f)) for f in (toy / 'robotcar/anno').iterdir()])
    assert labels.shape[-1] == 4
    assert {1, 7, 10, 11} <= set(np.unique(labels[..., 0])) <= set(range(12))


@pytest.mark.parametrize('folder', ['gta/labels', 'cityscapes/gtFine/train'])
def test_all_19_classes_occur_in_one_turn_of_the_featured_classes(toy, folder):
    ids = [np.unique(np.array(Image.open(f))) for f in (toy / folder).rglob('*.png')]
    assert set(TRAIN_IDS) <= set(np.concatenate(ids))


def test_the_data_depend_only_on_the_arguments(toy, tmp_path):
    again = write_toy_data(tmp_path / 'again', num_train=8, num_val=2, size=(128, 64))
    assert names(again) == names(toy)
    assert all((again / name).read_bytes() == (toy / name).read_bytes() for name in names(toy))


def test_a_longer_training_set_keeps_the_first_images(toy, tmp_path):
    longer = write_toy_data(tmp_path / 'toy', num_train=9, num_val=0, size=(128, 64), domains=['gta'])
    assert all(
        (longer / name).read_bytes() == (toy / name).read_bytes()
        for name in (f'gta/images/{k:05d}.png' for k in range(1, 9))
    )


def test_another_seed_gives_other_images(toy, tmp_path):
    other = write_toy_data(tmp_path / 'toy', seed=1, num_train=1, num_val=0, size=(128, 64), domains=['gta'])
    name = 'gta/images/00001.png'
    assert (other / name).read_bytes() != (toy / name).read_bytes()


def test_layout_statistics_are_alike_across_domains(toy):
    counts = {}
    for folder in ('gta/labels', 'cityscapes/gtFine/train'):
        labels = np.stack([np.array(Image.open(f)) for f in (toy / folder).rglob('*.png')])
        counts[folder] = np.array([(labels == i).mean() for i in TRAIN_IDS])
    assert np.corrcoef(*counts.values())[0, 1] > 0.95


def test_looks_change_the_image_and_not_the_scene():
    canvas = draw_scene(np.random.default_rng(0), (128, 64), FEATURED[0])
    gta, city = (render(canvas, LOOKS[d], np.random.default_rng(0)) for d in ('gta', 'cityscapes'))
    assert np.abs(gta.astype(int) - city).mean() > 15


def test_synthetic_looks_are_more_saturated_than_real_ones():
    canvas = draw_scene(np.random.default_rng(0), (128, 64), FEATURED[0])
    saturation = {
        name: cv2.cvtColor(render(canvas, look, np.random.default_rng(0)), cv2.COLOR_RGB2HSV)[..., 1].mean()
        for name, look in LOOKS.items()
    }
    assert min(saturation['gta'], saturation['synthia']) > 1.3 * max(saturation['cityscapes'], saturation['robotcar'])


def test_every_pixel_of_a_scene_is_labeled():
    canvas = draw_scene(np.random.default_rng(3), (128, 64), FEATURED[0])
    assert set(np.unique(label_map(canvas))) <= set(LABEL_IDS.values())


def test_identical_toy_data_are_reused(tmp_path):
    settings = dict(num_train=1, num_val=0, size=(64, 32))
    out = write_toy_data(tmp_path / 'toy', **settings)
    (out / 'gta/images/00001.png').write_bytes(b'touched')
    write_toy_data(out, **settings, domains=['gta'])
    assert (out / 'gta/images/00001.png').read_bytes() == b'touched'


def test_an_empty_folder_is_filled(tmp_path):
    out = tmp_path / 'toy'
    out.mkdir()
    write_toy_data(out, num_train=1, num_val=0, size=(64, 32), domains=['gta'])
    assert json.loads((out / 'toy.json').read_text())['domains'] == ['gta']


def test_a_foreign_folder_is_refused_and_left_alone(tmp_path):
    (tmp_path / 'thesis.txt').write_text('mine')
    with pytest.raises(FileExistsError, match='no toy data'):
        write_toy_data(tmp_path, num_train=1, num_val=0, size=(64, 32))
    assert [path.name for path in tmp_path.iterdir()] == ['thesis.txt']


def test_toy_data_with_other_settings_are_refused(tmp_path):
    out = write_toy_data(tmp_path / 'toy', num_train=1, num_val=0, size=(64, 32), domains=['gta'])
    with pytest.raises(FileExistsError, match='other settings'):
        write_toy_data(out, num_train=2, num_val=0, size=(64, 32), domains=['gta'])


def test_a_domain_in_the_look_of_another_keeps_its_scenes_and_layout(toy, tmp_path):
    options = dict(num_train=8, num_val=2, size=(128, 64), domains=['gta', 'cityscapes'])
    other = write_toy_data(tmp_path / 'toy', looks=dict(cityscapes='robotcar'), **options)
    same = {name for name in names(other) if (other / name).read_bytes() == (toy / name).read_bytes()}
    assert {name for name in names(other) if name not in same} == {
        f'cityscapes/leftImg8bit/{name}' for name in names(toy / 'cityscapes/leftImg8bit')
    }


def test_a_domain_in_the_look_of_another_is_drawn_in_it(tmp_path, monkeypatch):
    options = dict(num_train=2, num_val=1, size=(64, 32), domains=['gta', 'cityscapes'])
    given = write_toy_data(tmp_path / 'given', looks=dict(cityscapes='robotcar'), **options)
    monkeypatch.setitem(LOOKS, 'cityscapes', LOOKS['robotcar'])
    own = write_toy_data(tmp_path / 'own', **options)
    assert names(given) == names(own)
    assert all((given / name).read_bytes() == (own / name).read_bytes() for name in names(own))


def test_looks_are_settings_of_toy_data(tmp_path):
    options = dict(num_train=1, num_val=0, size=(64, 32), domains=['gta'])
    looks = dict(gta='robotcar')
    out = write_toy_data(tmp_path / 'toy', looks=looks, **options)
    assert json.loads((out / 'toy.json').read_text())['looks'] == looks
    assert write_toy_data(out, looks=looks, **options) == out
    for other in (None, dict(gta='mapillary')):
        with pytest.raises(FileExistsError, match='other settings'):
            write_toy_data(out, looks=other, **options)


def test_toy_data_from_before_there_were_looks_are_known(tmp_path):
    options = dict(num_train=1, num_val=0, size=(64, 32), domains=['gta'])
    out = write_toy_data(tmp_path / 'toy', **options)
    stamp = json.loads((out / 'toy.json').read_text())
    del stamp['looks']
    (out / 'toy.json').write_text(json.dumps(stamp))
    assert write_toy_data(out, **options) == out


def test_a_failure_leaves_nothing_behind(tmp_path, monkeypatch):
    def full_disk(*args, **kwargs):
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr(Image.Image, 'save', full_disk)
    with pytest.raises(OSError, match='No space left'):
        write_toy_data(tmp_path / 'toy', num_train=1, num_val=0, size=(64, 32))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    'wrong, named',
    [
        (dict(domains=['gta', 'kitti']), 'kitti'),
        (dict(seed=-1), 'seed=-1'),
        (dict(size=(16, 16)), 'size='),
        (dict(looks=dict(cityscapes='kitti')), "looks=.*'kitti'.*robotcar"),
        (dict(looks=dict(kitti='gta')), r"\['kitti'\] not expected"),
        (dict(domains=['gta'], looks=dict(synthia='gta')), r"\['synthia'\] not expected.*domains \['gta'\]"),
    ],
)
def test_wrong_arguments_are_named(tmp_path, wrong, named):
    with pytest.raises(ValueError, match=named):
        write_toy_data(tmp_path / 'toy', **wrong)


def test_mapillary_photos_have_several_aspect_ratios_and_66_labels(toy):
    photos = sorted((toy / 'mapillary/training/images').glob('*.jpg'))
    assert len(photos) == 8 and len(names(toy / 'mapillary/validation/labels')) == 2
    sizes = []
    for photo in photos:
        label = Image.open(toy / 'mapillary/training/labels' / f'{photo.stem}.png')
        assert label.mode == 'P' and label.size == Image.open(photo).size
        assert np.array(label).max() <= 65
        sizes.append(label.size)
    assert set(sizes) == {(128, 64), (85, 64), (64, 64)}
