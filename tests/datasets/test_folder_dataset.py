import builtins

import numpy as np
import pytest
from mmengine.config import Config
from mmseg.registry import DATASETS
from PIL import Image

from mmuda.datasets.classes import SYNTHIA_16_CLASSES
from tests.helpers.published import LAYOUTS, write_camvid, write_dataset
from tests.helpers.tiny import REPO

CAMVID = dict(type='CamVidDataset', pipeline=[])
CROSS_CITY = ('CrossCityDataset', 'CrossCity19Dataset')


@pytest.mark.parametrize('name', LAYOUTS)
def test_image_and_label_of_the_published_layout_are_found(tmp_path, name):
    info = DATASETS.build(write_dataset(tmp_path, name, np.zeros((4, 6), np.uint8)))[0]
    assert (info['img_path'], info['seg_map_path']) == (
        str(tmp_path / LAYOUTS[name].image),
        str(tmp_path / LAYOUTS[name].label),
    )


@pytest.mark.parametrize('name', LAYOUTS)
def test_missing_data_root_says_how_to_get_the_data(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match=r'there is no image folder.*(Get |Put ).*data_root') as error:
        DATASETS.build(dict(type=name, data_root='nowhere'))
    assert f"'{tmp_path}/nowhere/" in str(error.value)
    assert f"where training is started, at '{tmp_path}'" in str(error.value)
    assert ('make_toy_data.py' in str(error.value)) == (name not in ('CamVidDataset', *CROSS_CITY))


def test_empty_folder_says_which_files_are_expected(tmp_path):
    (tmp_path / 'images/day_train').mkdir(parents=True)
    with pytest.raises(FileNotFoundError, match=r"holds no file that ends in '\.jpg'.*configs/camvid/README"):
        DATASETS.build(dict(CAMVID, data_root=str(tmp_path)))


def test_images_without_label_are_counted_and_named(tmp_path):
    write_camvid(tmp_path, 'day_train', 5)
    for index in (1, 3):
        (tmp_path / f'labels/day_train/{index:02d}.png').unlink()
    with pytest.raises(FileNotFoundError, match=r'2 images have no label file.*01\.png.*03\.png'):
        DATASETS.build(dict(CAMVID, data_root=str(tmp_path)))


def test_missing_label_folder_counts_all_images(tmp_path):
    write_camvid(tmp_path, 'day_train', 3)
    with pytest.raises(FileNotFoundError, match='3 images have no label file'):
        DATASETS.build(
            dict(
                CAMVID,
                data_root=str(tmp_path),
                data_prefix=dict(img_path='images/day_train', seg_map_path='labels/elsewhere'),
            )
        )


def own_files(tmp_path, images: list[str], labels: list[str], **options) -> dict:
    """Folders of empty files and the config that lists them."""
    for kind, names in (('images', images), ('labels', labels)):
        for name in names:
            (tmp_path / kind / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / kind / name).touch()
    return dict(
        type='FolderDataset',
        data_root=str(tmp_path),
        metainfo=dict(classes=['road']),
        pipeline=[],
        data_prefix=dict(img_path='images', seg_map_path='labels'),
        **options,
    )


def names_of(dataset, tmp_path) -> list[tuple[str, str]]:
    return [tuple(info[key].removeprefix(f'{tmp_path}/') for key in ('img_path', 'seg_map_path')) for info in dataset]


def test_case_of_suffixes_does_not_matter_and_jpeg_is_jpg(tmp_path):
    config = own_files(
        tmp_path, ['a.JPG', 'b.jpeg', 'c/d.jpg', 'list.txt'], ['a.png', 'b.PNG', 'c/d.png', 'e.png'], img_suffix='.jpg'
    )
    dataset = DATASETS.build(config)
    assert names_of(dataset, tmp_path) == [
        ('images/a.JPG', 'labels/a.png'),
        ('images/b.jpeg', 'labels/b.PNG'),
        ('images/c/d.jpg', 'labels/c/d.png'),
    ]
    assert dataset.left_out == ["1 files do not end in '.jpg' (1 .txt)", '1 label files have no image (first: e.png)']


def test_several_suffixes_are_taken(tmp_path):
    config = own_files(
        tmp_path,
        ['a.jpg', 'b_rgb.png', 'c.bmp'],
        ['a_id.png', 'b.png', 'c_id.png'],
        img_suffix=('.jpg', '_rgb.png'),
        seg_map_suffix=['_id.png', '.png'],
    )
    assert names_of(DATASETS.build(config), tmp_path) == [
        ('images/a.jpg', 'labels/a_id.png'),
        ('images/b_rgb.png', 'labels/b.png'),
    ]


def test_image_list_with_several_suffixes(tmp_path):
    (tmp_path / 'list.txt').write_text('b\na\n')
    config = own_files(
        tmp_path, ['a.jpg', 'b.PNG', 'c.jpg'], ['a.png', 'b.png'], img_suffix=('.jpg', '.png'), ann_file='list.txt'
    )
    dataset = DATASETS.build(config)
    assert [image for image, _ in names_of(dataset, tmp_path)] == ['images/b.PNG', 'images/a.jpg']
    assert dataset.left_out == [f'1 images are not in the list {tmp_path}/list.txt']


@pytest.mark.parametrize('twin', ['a.JPG', 'a.jpeg'])
def test_two_images_of_one_stem_are_refused(tmp_path, twin):
    config = own_files(tmp_path, ['a.jpg', twin], ['a.png'], img_suffix='.jpg')
    with pytest.raises(ValueError, match=rf"images', (a.jpg and {twin}|{twin} and a.jpg) have the same stem, 'a'"):
        DATASETS.build(config)


def test_missing_label_says_how_its_name_is_made(tmp_path):
    config = own_files(tmp_path, ['s/a_rgb.jpg'], ['s/a_rgb.png'], img_suffix='_rgb.jpg')
    with pytest.raises(
        FileNotFoundError,
        match="has its stem and the suffix '.png': that of 's/a_rgb.jpg' is 's/a.png' in seg_map_path",
    ):
        DATASETS.build(config)


def test_folder_of_other_files_says_which(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no file that ends in '\.png', but 2 \.jpg, 1 \.txt: set img_suffix"):
        DATASETS.build(own_files(tmp_path, ['a.jpg', 'b.jpg', 'c.txt'], []))


def test_without_label_prefix_no_label_is_looked_for(tmp_path):
    write_camvid(tmp_path, 'dusk_train', 2)
    (tmp_path / 'labels/dusk_train/00.png').unlink()
    dataset = DATASETS.build(dict(CAMVID, data_root=str(tmp_path), data_prefix=dict(img_path='images/dusk_train')))
    assert len(dataset) == 2 and 'seg_map_path' not in dataset[0]


def test_image_list_selects_images(tmp_path):
    write_camvid(tmp_path, 'day_train', 4)
    (tmp_path / 'list.txt').write_text('02\n00\n')
    dataset = DATASETS.build(dict(CAMVID, data_root=str(tmp_path), ann_file='list.txt'))
    assert [info['img_path'][-6:] for info in dataset] == ['02.jpg', '00.jpg']


def test_missing_image_list_is_named(tmp_path):
    write_camvid(tmp_path, 'day_train', 1)
    with pytest.raises(FileNotFoundError, match='no image list .*list.txt'):
        DATASETS.build(dict(CAMVID, data_root=str(tmp_path), ann_file='list.txt'))


@pytest.mark.parametrize('line', ['07', '01.jpg', 'day_train/01', ''])
def test_lines_of_the_list_that_are_no_image_are_named_with_the_form_expected(tmp_path, line):
    write_camvid(tmp_path, 'day_train', 2)
    (tmp_path / 'list.txt').write_text(f'00\n{line}\n')
    with pytest.raises(FileNotFoundError, match=r"1 images of the list .*list\.txt.*relative to .*without '\.jpg'"):
        DATASETS.build(dict(CAMVID, data_root=str(tmp_path), ann_file='list.txt'))


def test_empty_image_list_is_named(tmp_path):
    write_camvid(tmp_path, 'day_train', 1)
    (tmp_path / 'list.txt').touch()
    with pytest.raises(FileNotFoundError, match='list.txt.* is empty'):
        DATASETS.build(dict(CAMVID, data_root=str(tmp_path), ann_file='list.txt'))


def test_no_file_is_opened_at_start(tmp_path, monkeypatch):
    write_camvid(tmp_path, 'day_train', 3)
    opened, original = [], builtins.open

    def spy(file, *args, **kwargs):
        opened.append(str(file))
        return original(file, *args, **kwargs)

    monkeypatch.setattr(builtins, 'open', spy)
    DATASETS.build(dict(CAMVID, data_root=str(tmp_path)))
    assert not [path for path in opened if str(tmp_path) in path]


def test_subset_of_the_classes_renumbers_the_labels(tmp_path):
    config = write_dataset(tmp_path, 'CamVidDataset', np.array([[0, 3, 8, 11]], np.uint8))
    dataset = DATASETS.build(
        dict(
            config,
            metainfo=dict(classes=('car', 'road')),
            pipeline=[dict(type='LoadImageStrict'), dict(type='LoadLabelIds')],
        )
    )
    np.testing.assert_array_equal(dataset[0]['gt_seg_map'], [[255, 1, 0, 255]])


def test_lane_marking_is_not_set_where_the_classes_say_what_it_is():
    with pytest.raises(ValueError, match='Synthia7Dataset: lane_marking_is_road is of the classes of Cityscapes'):
        DATASETS.build(dict(type='Synthia7Dataset', lane_marking_is_road=True, lazy_init=True))


@pytest.mark.parametrize('options, want', [({}, 255), (dict(lane_marking_is_road=True), 0)])
def test_lane_marking_of_synthia_is_ignored_or_road(tmp_path, options, want):
    config = write_dataset(tmp_path, 'SynthiaDataset', np.array([[3, 22, 0, 4, 19]], np.uint8))
    pipeline = [dict(type='LoadImageStrict'), dict(type='LoadLabelIds')]
    dataset = DATASETS.build(dict(config, **options, pipeline=pipeline))
    np.testing.assert_array_equal(dataset[0]['gt_seg_map'], [[0, want, 255, 1, 15]])


@pytest.mark.parametrize(
    'name, count',
    [
        ('GTADataset', 19),
        ('SynthiaDataset', 19),
        ('CityscapesLabelIdsDataset', 19),
        ('Cityscapes9Dataset', 9),
        ('RobotCarDataset', 9),
        ('CamVidDataset', 11),
        ('CrossCityDataset', 13),
        ('CrossCity19Dataset', 19),
    ],
)
def test_number_of_classes(name, count):
    assert len(DATASETS.get(name).METAINFO['classes']) == count


def own_data(tmp_path, **options) -> dict:
    write_camvid(tmp_path, 'day_train', 1)
    prefix = dict(img_path='images/day_train', seg_map_path='labels/day_train')
    return dict(
        dict(
            type='FolderDataset',
            data_root=str(tmp_path),
            data_prefix=prefix,
            img_suffix='.jpg',
            metainfo=dict(classes=['road', 'rest']),
            pipeline=[dict(type='LoadLabelIds')],
        ),
        **options,
    )


def test_own_data_need_no_class_of_their_own(tmp_path):
    dataset = DATASETS.build(own_data(tmp_path))
    Image.fromarray(np.array([[0, 1], [1, 255]], np.uint8)).save(tmp_path / 'labels/day_train/00.png')
    np.testing.assert_array_equal(dataset[0]['gt_seg_map'], [[0, 1], [1, 255]])


def test_label_beyond_the_classes_is_named(tmp_path):
    dataset = DATASETS.build(own_data(tmp_path))
    Image.fromarray(np.array([[0, 1, 2, 7, 255]], np.uint8)).save(tmp_path / 'labels/day_train/00.png')
    with pytest.raises(ValueError, match=r'labels/day_train/00.png has the values \[2, 7\], but there are 2 classes'):
        dataset[0]


def test_own_data_without_classes_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r'FolderDataset: the classes are not known.*metainfo=dict\(classes='):
        DATASETS.build(own_data(tmp_path, metainfo=None))


@pytest.mark.parametrize('prefix', [None, dict(seg_map_path='labels/day_train')])
def test_own_data_without_image_folder_are_refused(tmp_path, prefix):
    with pytest.raises(ValueError, match=r'no img_path in data_prefix.*data_prefix=dict\(img_path='):
        DATASETS.build(own_data(tmp_path, data_prefix=prefix))


@pytest.mark.parametrize(
    'pipeline',
    [
        [dict(type='LoadAnnotations')],
        [dict(type='TestTimeAug', transforms=[[dict(type='mmseg.LoadAnnotations')], [dict(type='PackSegInputs')]])],
    ],
)
def test_stock_loading_of_labels_is_refused(tmp_path, pipeline):
    with pytest.raises(ValueError, match="CamVidDataset: LoadAnnotations .*'LoadLabelIds'"):
        DATASETS.build(dict(CAMVID, data_root=str(tmp_path), pipeline=pipeline))


def test_image_that_stock_loading_cannot_read_is_named(tmp_path):
    write_camvid(tmp_path, 'day_train', 2)
    path = tmp_path / 'images/day_train/01.jpg'
    path.write_bytes(path.read_bytes()[:-60])
    pipeline = Config.fromfile(REPO / 'configs/_base_/datasets/camvid_193x257.py').test_pipeline
    dataset = DATASETS.build(dict(CAMVID, data_root=str(tmp_path), pipeline=pipeline))
    assert dataset[0]
    with pytest.raises(OSError, match=f'cannot read image {path}: image file is truncated'):
        dataset[1]


def test_error_of_another_file_keeps_its_name(tmp_path):
    def read_depth(results: dict) -> dict:
        return dict(results, depth=open(tmp_path / 'depth.png'))

    write_camvid(tmp_path, 'day_train', 1)
    dataset = DATASETS.build(dict(CAMVID, data_root=str(tmp_path), pipeline=[read_depth]))
    with pytest.raises(FileNotFoundError, match=r"^\[Errno 2\].*depth.png'$"):
        dataset[0]


def test_image_that_stock_loading_makes_white_is_named(tmp_path):
    write_camvid(tmp_path, 'day_train', 1)
    path = tmp_path / 'images/day_train/00.jpg'
    Image.fromarray(np.full((12, 16), 3000, np.uint16)).save(path, format='PNG')
    pipeline = Config.fromfile(REPO / 'configs/_base_/datasets/camvid_193x257.py').test_pipeline
    with pytest.raises(OSError, match=f'cannot read image {path}: it is a gray image of more than 8 bits'):
        DATASETS.build(dict(CAMVID, data_root=str(tmp_path), pipeline=pipeline))[0]


def test_image_beyond_pillows_limit_is_named(tmp_path, monkeypatch):
    write_camvid(tmp_path, 'day_train', 1)
    monkeypatch.setattr(Image, 'MAX_IMAGE_PIXELS', 12 * 16 // 2 - 1)
    pipeline = Config.fromfile(REPO / 'configs/_base_/datasets/camvid_193x257.py').test_pipeline
    with pytest.raises(OSError, match=f'cannot read image {tmp_path}/images/day_train/00.jpg: Image size .192 pixels'):
        DATASETS.build(dict(CAMVID, data_root=str(tmp_path), pipeline=pipeline))[0]


def test_classes_as_a_string_are_refused(tmp_path):
    with pytest.raises(
        ValueError, match=r"classes = 'road' in metainfo is a string.*'synthia16'.*classes=\('road', \)"
    ):
        DATASETS.build(own_data(tmp_path, metainfo=dict(classes=('road'))))


def test_classes_may_be_the_name_of_a_list(tmp_path):
    dataset = DATASETS.build(own_data(tmp_path, metainfo=dict(classes='synthia16', palette=[[0, 0, 0]] * 16)))
    assert dataset.metainfo['classes'] == SYNTHIA_16_CLASSES


def test_classes_may_stand_in_a_file(tmp_path):
    (tmp_path / 'classes.txt').write_text('road\nrest\n')
    dataset = DATASETS.build(own_data(tmp_path, metainfo=dict(classes=str(tmp_path / 'classes.txt'))))
    assert list(dataset.metainfo['classes']) == ['road', 'rest']
