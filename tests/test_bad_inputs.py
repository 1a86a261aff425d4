"""What a new user gets wrong at the command line: the message names the file or the key."""

import shutil
import sys
from pathlib import Path

import pytest

from mmuda.compat import run_stock_tool
from tests.helpers.tiny import make_data, tiny_config


@pytest.fixture(scope='module')
def project(tmp_path_factory) -> Path:
    """A folder with data and ``mrnet.py``."""
    folder = tmp_path_factory.mktemp('project')
    config = tiny_config(make_data(folder), folder / 'run')
    config.test_dataloader = dict(
        sampler=dict(type='DefaultSampler', shuffle=False), dataset=config.train_dataloader.dataset.source
    )
    config.test_evaluator, config.test_cfg = dict(type='UDAIoUMetric'), dict(type='TestLoop')
    config.dump(folder / 'mrnet.py')
    return folder


@pytest.fixture
def run(project, tmp_path, monkeypatch):
    """Run a stock tool in this process, with a work dir and an experiment of its own."""
    monkeypatch.chdir(project)

    def run_(name: str, *arguments: object, **options: object) -> None:
        settings = dict(options, experiment_name=tmp_path.name, **{'visualizer.name': tmp_path.name})
        monkeypatch.setattr(
            sys,
            'argv',
            [
                name,
                *map(str, arguments),
                '--work-dir',
                str(tmp_path / 'run'),
                '--cfg-options',
                *(f'{key}={value}' for key, value in settings.items()),
            ],
        )
        run_stock_tool(name)

    return run_


def test_config_that_is_not_there(run):
    with pytest.raises(FileNotFoundError, match=r'no_such\.py'):
        run('train.py', 'no_such.py')


@pytest.mark.parametrize(
    'spoil, message',
    [
        (lambda root: shutil.rmtree(root / 'images'), r'there is no image folder .*gta.images.*data_root'),
        (lambda root: [path.unlink() for path in (root / 'images').iterdir()], 'holds no file that ends in .*png'),
        (
            lambda root: [path.rename(path.with_name(f'x{path.name}')) for path in (root / 'labels').iterdir()],
            r'images have no label file, the first are missing at .*labels',
        ),
    ],
    ids=['no folder', 'empty folder', 'other names of labels'],
)
def test_data_that_are_not_there(run, project, tmp_path, spoil, message):
    shutil.copytree(project / 'toy' / 'gta', tmp_path / 'gta')
    spoil(tmp_path / 'gta')
    with pytest.raises(FileNotFoundError, match=message):
        run('train.py', 'mrnet.py', **{'train_dataloader.dataset.source.data_root': tmp_path / 'gta'})


@pytest.mark.parametrize(
    'key, value', [('model.objectives.0.type', 'ClassMixSupervison'), ('train_dataloader.dataset.type', 'UDADatset')]
)
def test_type_with_a_typo(run, key, value):
    with pytest.raises(KeyError, match=f'{value} is not in the mmseg::'):
        run('train.py', 'mrnet.py', **{key: value})


@pytest.mark.parametrize(
    'option, message',
    [
        ('train_cfg.max_iter', r"UDATrainLoop.*'max_iter'"),
        ('optim_wrapper.optimizer.lrr', r"'lrr'"),
        ('model.segmentor.decode_head.num_clases', r"'num_clases'"),
        ('model.objectives.0.weigth', r"'weigth'"),
    ],
)
def test_argument_with_a_typo(run, option, message):
    with pytest.raises(TypeError, match=message):
        run('train.py', 'mrnet.py', **{option: 5})


@pytest.mark.parametrize(
    'option, hint',
    [
        ('train_cfgs.max_iters', r'Did you mean train_cfg\?'),
        ('optim_wraper.optimizer.lr', r'Did you mean optim_wrapper\?'),
        ('max_iters', r'Did you mean .*train_cfg\.max_iters'),
        ('zzz', r'It has: .*train_dataloader'),
    ],
)
def test_option_that_nothing_reads(run, option, hint):
    with pytest.raises(ValueError, match=rf'--cfg-options {option}: nothing reads .*mrnet\.py does not have\. {hint}'):
        run('train.py', 'mrnet.py', **{option: 20})


def test_option_that_the_config_lacks_but_the_runner_reads(run):
    with pytest.raises(FileNotFoundError, match=r'no_such\.pth'):
        run('train.py', 'mrnet.py', load_from='no_such.pth', find_unused_parameters=True)


def test_checkpoint_that_is_not_there(run):
    with pytest.raises(FileNotFoundError, match=r'no_such\.pth'):
        run('test.py', 'mrnet.py', 'no_such.pth')


def test_number_of_classes_that_is_not_that_of_the_data(run):
    with pytest.raises(ValueError, match=r'the head predicts 5 classes, the dataset of .* has 19'):
        run('train.py', 'mrnet.py', **{'model.segmentor.decode_head.num_classes': 5})
