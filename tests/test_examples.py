"""The configs for own data train on files in the layout that they describe."""

import shutil
from pathlib import Path

import mmuda  # noqa: F401

# isort: split
import numpy as np
import pytest
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmengine.runner import Runner
from mmseg.registry import DATASETS, MODELS, RUNNERS
from PIL import Image

REPO = Path(__file__).parents[1]
EXAMPLES = REPO / 'configs' / 'example'
DATA = Path('data/mydata')
ITERATIONS = 2


@pytest.fixture(autouse=True)
def own_data(tmp_path, monkeypatch) -> Path:
    """A folder with own data as ``configs/_base_/datasets/own_data.py`` describes them, in use as the current one."""
    monkeypatch.chdir(tmp_path)
    init_default_scope('mmseg')
    rng = np.random.default_rng(0)
    for folder, labeled in (('sim', True), ('real', False), ('real_val', True)):
        for stem in ('a/0', 'a/1', '2'):
            label = np.repeat(np.repeat(rng.integers(0, 3, (6, 8), np.uint8), 16, 0), 16, 1)
            write_image(DATA / folder / 'images' / f'{stem}.jpg', rng.integers(0, 255, (96, 128, 3), np.uint8))
            if labeled:
                write_image(DATA / folder / 'labels' / f'{stem}.png', label)
    return tmp_path


def write_image(path: Path, array: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path)


def example(name: str, **options) -> Config:
    """Config of an example, two iterations long; of rounds, one round."""
    config = Config.fromfile(EXAMPLES / f'own_data_{name}.py')
    length = (
        {'train_cfg.num_rounds': 1, 'train_cfg.iterations': ITERATIONS}
        if 'num_rounds' in config.train_cfg
        else {'train_cfg.max_iters': ITERATIONS, 'train_cfg.val_interval': ITERATIONS}
    )
    config.merge_from_dict(
        {
            'train_dataloader.num_workers': 0,
            'train_dataloader.persistent_workers': False,
            'test_dataloader.num_workers': 0,
            'log_level': 'ERROR',
            **length,
            **options,
        }
    )
    if config.get('val_dataloader'):
        config.val_dataloader.num_workers = 0
    return config


def train(config: Config) -> Runner:
    runner = RUNNERS.build(config) if 'runner_type' in config else Runner.from_cfg(config)
    runner.train()
    return runner


def losses(runner: Runner) -> list[str]:
    """Names of the losses that were logged."""
    return [key for key in runner.message_hub.log_scalars if 'loss_' in key]


def test_every_example_is_tested_here():
    names = {path.stem.removeprefix('own_data_') for path in EXAMPLES.glob('*.py')}
    assert names == {'source_only', 'source_only_fcn', 'mrnet', 'mrnet_validated', 'mrnet_rectified', 'cbst', 'dacs'}


def test_images_and_labels_are_matched_by_stem():
    dataset = DATASETS.build(example('mrnet').train_dataloader.dataset)
    sources = [dataset.source.get_data_info(index) for index in range(len(dataset.source))]
    assert [Path(info['img_path']).relative_to(DATA).as_posix() for info in sources] == [
        'sim/images/2.jpg',
        'sim/images/a/0.jpg',
        'sim/images/a/1.jpg',
    ]
    assert [Path(info['seg_map_path']).relative_to(DATA).as_posix() for info in sources] == [
        'sim/labels/2.png',
        'sim/labels/a/0.png',
        'sim/labels/a/1.png',
    ]
    assert 'seg_map_path' not in dataset.target.get_data_info(0)


def test_mrnet_and_its_second_stage_train():
    train(example('source_only'))
    train(example('mrnet'))
    runner = train(example('mrnet_rectified'))
    assert runner.iter == ITERATIONS and losses(runner)
    assert sorted(
        path.name for path in Path('work_dirs/example/own_data_mrnet_rectified/pseudo_labels').glob('a/*')
    ) == [
        '0.png',
        '1.png',
    ]


@pytest.mark.parametrize('method', ['cbst', 'dacs'])
def test_methods_that_start_from_source_only_train(method):
    train(example('source_only'))
    assert train(example(method)).iter == ITERATIONS


@pytest.mark.parametrize('method', ['cbst', 'dacs'])
def test_they_train_a_stock_head_with_one_classifier(method):
    head = dict(train(example('source_only_fcn')).cfg.model.segmentor.decode_head)
    shutil.move('work_dirs/example/own_data_source_only_fcn', 'work_dirs/example/own_data_source_only')
    config = example(method)
    config.model.segmentor.decode_head = head
    names = losses(train(config))
    assert names and all(name.endswith('loss_main') for name in names)


def test_test_without_labels_writes_predictions_and_measures_nothing():
    config = example('source_only')
    train(config)
    config.load_from = f'work_dirs/example/own_data_source_only/iter_{ITERATIONS}.pth'
    config.experiment_name = 'test'
    config.test_evaluator.output_dir = 'predictions'
    assert Runner.from_cfg(config).test() == {}
    found = sorted(path.relative_to('predictions').as_posix() for path in Path('predictions').rglob('*.png'))
    assert found == ['2.png', 'a/0.png', 'a/1.png']


def test_labeled_target_images_validate():
    train(example('source_only'))
    runner = train(example('mrnet_validated'))
    assert 0 <= runner.message_hub.get_scalar('val/mIoU').current() <= 100


@pytest.mark.parametrize('path', sorted(EXAMPLES.glob('*.py')), ids=lambda path: path.stem)
def test_palette_and_network_have_the_classes_of_the_data(path):
    config = Config.fromfile(path)
    assert len(config.classes) == len(config.palette) == MODELS.build(config.model).num_classes
