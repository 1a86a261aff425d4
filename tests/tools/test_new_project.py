import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.dataset import Compose
from mmseg.registry import DATASETS, MODELS
from PIL import Image

from benchmarks.leaderboard.task import Task
from mmuda.utils.shipped import SHIPPED
from tests.helpers.tiny import REPO, load, run_tool, train
from tools.project.methods import methods, stages, with_what_they_need
from tools.project.networks import FROM_SCRATCH, backbones
from tools.project.sizes import covering, working_size

FILE = REPO / 'tools' / 'new_project.py'
spec = importlib.util.spec_from_file_location('new_project', FILE)
tool = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tool)

CLASSES = 'background: 10, 20, 30\n# a comment\n\nroad\nthing of mine\n'
PROJECT = Path('configs/sim2photos')
ARGUMENTS = ('--source', 'sim', '--target', 'photos', '--classes', 'classes.txt')


def write(path: Path, array: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path)


def write_data(folder: Path) -> None:
    """Source images of 96x64, target images of 80x60, four of each."""
    rng = np.random.default_rng(0)
    (folder / 'classes.txt').write_text(CLASSES)
    for name, (width, height), suffix in (
        ('sim', (96, 64), 'png'),
        ('photos', (80, 60), 'jpg'),
        ('val', (80, 60), 'jpg'),
    ):
        for stem in ('a/0', 'a/1', '2', '3'):
            write(folder / name / 'images' / f'{stem}.{suffix}', rng.integers(0, 255, (height, width, 3), np.uint8))
            if name != 'photos':
                write(folder / name / 'labels' / f'{stem}.png', rng.integers(0, 3, (height, width), np.uint8))


@pytest.fixture(autouse=True)
def data(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(torch.hub, 'get_dir', lambda: str(tmp_path / 'hub'))
    write_data(tmp_path)
    return tmp_path


@pytest.fixture(scope='module')
def project(tmp_path_factory) -> Path:
    """A folder with a project of all methods, validated."""
    folder = tmp_path_factory.mktemp('project')
    write_data(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(torch.hub, 'get_dir', lambda: 'hub')
        assert tool.main([*ARGUMENTS, '--val', 'val', '--method', *methods()]) == 0
    return folder


@pytest.fixture
def new(capsys) -> Callable[..., str]:
    def new_(*options: str) -> str:
        assert tool.main([*ARGUMENTS, *options]) == 0
        return capsys.readouterr().out

    return new_


@pytest.fixture
def refused(capsys) -> Callable[..., str]:
    def refused_(*options: str) -> str:
        assert tool.main([*ARGUMENTS, *options]) == 1
        assert not list(Path('.').glob('configs/*'))
        return capsys.readouterr().err

    return refused_


@pytest.mark.parametrize('method', methods())
def test_every_method_builds(project, method, monkeypatch):
    monkeypatch.chdir(project)
    config = Config.fromfile(PROJECT / f'{method}.py')
    assert config.work_dir == f'work_dirs/sim2photos/{method}'
    assert MODELS.build(config.model).num_classes == 3
    dataset = DATASETS.build(config.train_dataloader.dataset)
    assert dataset.metainfo['classes'] == ('background', 'road', 'thing of mine')
    assert 'PhotoMetricDistortion' in str(config.train_dataloader)


def test_the_folder_is_a_task_of_the_leaderboard(project, monkeypatch):
    monkeypatch.chdir(project)
    task = Task(PROJECT)
    assert task.broken == {} and set(task.rows) == set(methods())
    (group,) = task.groups
    assert (group.source_only, group.trained_on, group.oracle) == ('source_only', 'source_continued', None)
    assert group.methods['mrnet'] == 'MRNet stage 1'
    assert task.starts('mrnet_rectified') == {'custom_hooks.0.work_dir': 'mrnet'}


def test_without_labels_of_the_target_nothing_is_validated(new):
    said = new()
    assert 'validation: none' in said
    assert sorted(path.name for path in PROJECT.iterdir()) == [
        'README.md',
        '_base_',
        'mrnet.py',
        'source_continued.py',
        'source_only.py',
    ]
    for path in PROJECT.glob('*.py'):
        config = Config.fromfile(path)
        assert config.val_dataloader is config.val_cfg is config.val_evaluator is None
        assert 'seg_map_path' not in config.test_dataloader.dataset.data_prefix
        assert config.tta_pipeline and config.tta_model
    assert 'sim2photos/source_only.py' in said.splitlines()[-3]  # the order of training


def test_sizes_and_crops_are_those_of_the_images(new):
    assert '65x33; --long-side' in new('--long-side', '64', '--name', 'own')
    config = Config.fromfile('configs/own/mrnet.py')
    assert (config.test_scale, config.crop_size, config.source_scale) == ((65, 33), (33, 65), (65, 44))


def test_a_class_is_rare_for_class_weights_below_a_share_of_the_crop(project, monkeypatch):
    monkeypatch.chdir(project)
    weighted = {}
    for method in methods():
        config = Config.fromfile(PROJECT / f'{method}.py')
        small = Config.fromfile(SHIPPED / 'configs' / 'camvid' / f'{method}.py')
        height, width = config.crop_size
        want = [dict(objective) for objective in small.model.objectives]
        for objective in want:
            if 'class_weights' in objective:
                objective['class_weights'] = dict(objective['class_weights'], min_pixels=height * width // 128)
                weighted[method] = objective
        assert config.model.objectives == want
    assert {'mrnet_stage2', 'mrnet_rectified', 'mc_dropout_negative', 'ensemble_majority'} < set(weighted)


def test_classes_have_their_colors_those_of_cityscapes_or_their_own(new):
    new()
    palette = Config.fromfile(PROJECT / 'mrnet.py').palette
    assert palette[:2] == [[10, 20, 30], [128, 64, 128]] and palette[2] not in palette[:2]


def test_a_method_comes_with_what_it_needs_and_what_it_is_compared_with():
    assert with_what_they_need(['dacs']) == ['source_only', 'source_continued', 'dacs']
    assert with_what_they_need(['mrnet_rectified']) == [
        'source_only',
        'source_continued',
        'mrnet',
        'source_continued_twice',
        'mrnet_rectified',
    ]
    assert with_what_they_need(['cbst_sp']) == ['source_only', 'source_continued', 'cbst', 'cbst_sp']
    order = with_what_they_need(['ensemble_majority'])
    assert order[-1] == 'ensemble_majority' and {'ensemble', 'cbst', 'dacs', 'crst_mrkld'} <= set(order)
    assert [stages(name) for name in order] == sorted(stages(name) for name in order)


@pytest.mark.parametrize('place', ['pretrained', 'hub/checkpoints'])
def test_a_pretrained_network_is_taken_where_its_weights_are(new, data, place):
    (data / place).mkdir(parents=True)
    (data / place / 'resnet50-0676ba61.pth').touch()
    assert f'network: resnet50, from {"" if place == "pretrained" else data}' in new()
    config = Config.fromfile(PROJECT / 'mrnet.py')
    local = config.model.segmentor.backbone.init_cfg.checkpoint == 'pretrained/resnet50-0676ba61.pth'
    assert local == (place == 'pretrained')
    assert config.model.segmentor.backbone.depth == 50
    assert config.optim_wrapper.paramwise_cfg.custom_keys.backbone.lr_mult == 0.1


def test_without_weights_it_says_what_to_do(new):
    assert 'network: small, from scratch' in new()
    said = new('--backbone', 'resnet50', '--name', 'other')
    assert 'not on this machine' in said and 'https://download.pytorch.org/models/resnet50' in said


@pytest.mark.parametrize('name', backbones())
def test_every_network_predicts(new, name):
    new('--backbone', name)
    model = Config.fromfile(PROJECT / 'mrnet.py').model.segmentor
    if name != FROM_SCRATCH:
        assert model.backbone.pop('init_cfg').type == 'Pretrained'
    model = MODELS.build(model).eval()
    with torch.no_grad():
        logits = model.encode_decode(torch.zeros(1, 3, 65, 97), [dict(img_shape=(65, 97), ori_shape=(65, 97))])
    assert logits.shape == (1, 3, 65, 97)


@pytest.mark.parametrize(
    'options, message',
    [
        (['--method', 'mrnett'], '--method mrnett: there is none of this name; known: advent, cbst, '),
        (['--backbone', 'resnet7'], '--backbone resnet7: there is none of this name; known: mit_b0, '),
        (['--name', 'a/b'], "the name 'a/b' is no folder of configs"),
        (['--source', 'nowhere'], '--source nowhere: there is no folder nowhere; expected DIR/images'),
        (['--val', 'photos'], '--val photos: there is no folder photos/labels'),
        (['--classes', 'nowhere.txt'], 'nowhere.txt'),
    ],
)
def test_wrong_arguments(refused, options, message):
    assert message in refused(*options)


@pytest.mark.parametrize(
    'text, message',
    [
        ('road\nroad\n', "line 2: 'road' stands there twice"),
        ('road\n', 'names 1 classes, expected 2 to 255'),
        ('road: 1, 2\ncar\n', "line 1: 'road: 1, 2', expected `name` or `name: R, G, B`"),
        ('road: 1, 2, 256\ncar\n', 'numbers from 0 to 255'),
    ],
)
def test_wrong_classes(refused, text, message):
    Path('classes.txt').write_text(text)
    assert message in refused()


def test_an_empty_folder(refused):
    for path in Path('photos/images').rglob('*.jpg'):
        path.unlink()
    assert '--target photos: there is no image in photos/images; known: .jpg' in refused()


def test_images_that_are_no_images(refused):
    Path('photos/images/2.jpg').write_text('no image')
    assert '--target: 1 files are no images, first photos/images/2.jpg' in refused()


def test_a_missing_label(refused):
    Path('sim/labels/2.png').unlink()
    assert '1 images have no label file' in refused()


def test_labels_beyond_the_classes(refused):
    write(Path('sim/labels/2.png'), np.full((64, 96), 3, np.uint8))
    assert 'sim/labels/2.png has the values [3], but there are 3 classes' in refused()


def test_color_labels(refused):
    write(Path('sim/labels/2.png'), np.zeros((64, 96, 3), np.uint8))
    assert 'a color picture of the labels?' in refused()


def test_a_project_that_is_there_stays(new, capsys):
    new()
    (PROJECT / 'mrnet.py').write_text('mine')
    assert tool.main([*ARGUMENTS]) == 1
    assert 'configs/sim2photos is there already' in capsys.readouterr().err
    assert (PROJECT / 'mrnet.py').read_text() == 'mine'


def test_images_of_several_shapes_are_noted(new):
    write(Path('photos/images/2.jpg'), np.zeros((80, 60, 3), np.uint8))
    assert 'look at this: --target: images have 2 sizes of several aspect ratios' in new()


def test_sizes():
    assert working_size((1914, 1052), 1024) == (1025, 577)
    assert working_size((360, 480), 256) == (193, 257)
    assert covering((1914, 1052), (1025, 513)) == (1025, 564)


@pytest.mark.integration
def test_what_is_written_trains_from_pretrained_weights(new, data):
    weights = MODELS.build(dict(type='ResNet', depth=18)).state_dict()
    weights['bn1.running_mean'] += 0.5
    Path('pretrained').mkdir()
    torch.save(weights, 'pretrained/resnet18-f37072fd.pth')
    new('--method', 'crst_lrent', '--batch-size', '2')
    short = {'train_dataloader.num_workers': 0, 'train_dataloader.persistent_workers': False}
    options = [f'{key}={value}' for key, value in {**short, 'train_cfg.max_iters': 2}.items()]
    done = run_tool(
        sys.executable, SHIPPED / 'tools/train.py', PROJECT / 'source_only.py', '--cfg-options', *options, cwd=data
    )
    assert done.returncode == 0, done.stderr[-2000:]
    config = Config.fromfile(PROJECT / 'crst_lrent.py')
    config.merge_from_dict({**short, 'train_cfg.num_rounds': 1, 'train_cfg.iterations': 2, 'log_level': 'ERROR'})
    assert train(config).iter == 2
    trained = load(Path('work_dirs/sim2photos/crst_lrent/iter_2.pth'))['state_dict']
    mean, kernel = (
        (weights[key], next(value for name, value in trained.items() if name.endswith(f'backbone.{key}')))
        for key in ('bn1.running_mean', 'conv1.weight')
    )
    assert torch.equal(*mean)
    assert 0 < (kernel[0] - kernel[1]).abs().max() < 0.01  # it started from the weights, and learned


def test_test_time_augmentation_has_two_sizes_and_mirror_images(new):
    new('--long-side', '64')
    config = Config.fromfile(PROJECT / 'mrnet.py')
    views = Compose(config.tta_pipeline)(dict(img_path='photos/images/2.jpg'))['inputs']
    assert [tuple(view.shape[1:]) for view in views] == [(33, 65), (33, 65), (65, 97), (65, 97)]
    assert torch.equal(views[0], views[1].flip(-1))
