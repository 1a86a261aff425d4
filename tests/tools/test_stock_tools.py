"""MMSegmentation's tools on our configs and data, run as a user runs them, after two tiny trainings."""

import csv
import importlib.util
import sys
import uuid
from pathlib import Path

import numpy as np
import pytest
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmengine.runner import Runner
from mmseg.registry import DATASETS, MODELS
from PIL import Image

from tests.helpers.tiny import REPO, TINY, make_data, run_tool, shrink_data, train
from tools.export_segmentor import export_config, student_config

pytestmark = pytest.mark.integration

ANALYSIS = REPO / 'tools' / 'analysis_tools'


def tool(name: str):
    """The script ``tools/analysis_tools/<name>.py`` as a module."""
    spec = importlib.util.spec_from_file_location(name, ANALYSIS / f'{name}.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def toy_config(folder: Path, name: str, **options) -> Config:
    """A toy config with validation and testing on tiny data, written to ``<folder>/<name>.py``."""
    cfg = Config.fromfile(REPO / 'configs' / 'toy' / f'{name}.py')
    cfg.merge_from_dict(
        {
            **TINY,
            'log_level': 'WARNING',
            'visualizer.name': uuid.uuid4().hex,
            'default_hooks.logger.interval': 2,
            **options,
        }
    )
    cfg.experiment_name = uuid.uuid4().hex
    cfg.work_dir = str(folder / name)
    cfg.custom_hooks = [hook for hook in cfg.get('custom_hooks', []) if hook.type != 'StageCheckpointHook']
    shrink_data(cfg, folder / 'toy')
    cfg.dump(folder / f'{name}.py')
    return cfg


@pytest.fixture(scope='module')
def project(tmp_path_factory) -> Path:
    """A user's folder: data, ``mrnet.py`` and ``cbst.py``, and what four iterations of each left."""
    folder = tmp_path_factory.mktemp('project')
    make_data(folder)
    mrnet = {
        'train_cfg.max_iters': 4,
        'train_cfg.val_interval': 4,
        'param_scheduler.max_iters': 4,
        'param_scheduler.warmup_iters': 1,
    }
    config = toy_config(folder, 'mrnet', **mrnet)
    for hook in config.custom_hooks:
        hook.discriminator.base_channels = 4
    for objective in config.model.objectives:
        objective.pop('begin', None)
    train(config)
    train(
        toy_config(
            folder,
            'cbst',
            **{'train_cfg.num_rounds': 2, 'train_cfg.iterations': 2, 'train_cfg.labels.predictor.scale': (96, 64)},
        )
    )
    return folder


def log_of(project: Path, name: str) -> Path:
    return next((project / name).glob('*/vis_data/scalars.json'))


def main_of(name: str, monkeypatch, *arguments: object):
    monkeypatch.setattr(sys, 'argv', [name, *map(str, arguments)])
    tool(name).main()


# analyze_logs


def test_curves_of_losses_and_validation_are_drawn(project):
    logs = [log_of(project, 'mrnet').relative_to(project)]
    result = run_tool(
        sys.executable,
        ANALYSIS / 'analyze_logs.py',
        *logs,
        '--keys',
        'source.loss_main',
        'adversarial.discriminator_loss_aux',
        'mIoU',
        '--out',
        'curves.png',
        cwd=project,
    )
    assert result.returncode == 0, result.stderr
    assert Image.open(project / 'curves.png').size > (100, 100)


def test_curves_of_rounds_are_those_of_the_log(project, monkeypatch):
    lines = []
    import matplotlib.pyplot as plt

    monkeypatch.setattr(plt, 'plot', lambda x, y, **options: lines.append((x, len(y))))
    monkeypatch.setattr(plt, 'legend', lambda: None)
    main_of(
        'analyze_logs',
        monkeypatch,
        log_of(project, 'cbst'),
        '--keys',
        'pool.loss_main',
        'mIoU',
        '--out',
        project / 'rounds.png',
    )
    assert lines == [([2, 4], 2), ([2, 4], 2)]


def test_key_that_no_log_has_is_an_error_with_those_it_has(project, monkeypatch):
    with pytest.raises(SystemExit, match=r'scalars\.json has no pool\.loss_typo\. It has: .*pool\.loss_main.*mIoU'):
        main_of('analyze_logs', monkeypatch, log_of(project, 'cbst'), '--keys', 'pool.loss_typo')


def test_log_that_was_cut_off_is_named(project, tmp_path, monkeypatch):
    (tmp_path / 'scalars.json').write_text(log_of(project, 'cbst').read_text()[:-20])
    with pytest.raises(SystemExit, match=r'scalars\.json, line 4 is no entry of a log'):
        main_of('analyze_logs', monkeypatch, tmp_path / 'scalars.json', '--keys', 'mIoU')


# get_flops


def flops(capsys, monkeypatch, *arguments: object) -> list[str]:
    main_of('get_flops', monkeypatch, *arguments)
    return [line for line in capsys.readouterr().out.splitlines() if line.startswith(('Input', 'Flops', 'Params'))]


def test_operations_of_the_student_are_counted(project):
    result = run_tool(sys.executable, ANALYSIS / 'get_flops.py', 'mrnet.py', '--shape', '64', '96', cwd=project)
    assert result.returncode == 0, result.stderr
    init_default_scope('mmseg')
    student = MODELS.build(Config.fromfile(project / 'mrnet.py').model.segmentor)
    millions = sum(parameter.numel() for parameter in student.parameters()) / 1e6
    assert f'Params: {round(millions, 3)}M' in result.stdout
    assert 'Input shape: (64, 96)' in result.stdout


def test_options_change_the_counted_model(project, monkeypatch, capsys):
    small = flops(capsys, monkeypatch, project / 'mrnet.py', '--shape', 64)
    large = flops(
        capsys, monkeypatch, project / 'mrnet.py', '--shape', 64, '--cfg-options', 'model.segmentor.backbone.depth=34'
    )
    assert small[0] == large[0] == 'Input shape: (64, 64)'
    assert small[1] != large[1] and small[2] != large[2]


def test_exported_student_counts_as_in_training(project, monkeypatch, capsys):
    export_config(Config.fromfile(project / 'mrnet.py')).dump(project / 'exported.py')
    counts = [flops(capsys, monkeypatch, project / f'{name}.py', '--shape', 64) for name in ('exported', 'mrnet')]
    assert counts[0] == counts[1] and len(counts[0]) == 3


@pytest.mark.parametrize('name', ['resnet38', 'deeplabv3plus_drn54', 'segformer_b0', 'deeplabv2_r101_dual'])
def test_every_kind_of_network_is_counted(tmp_path, monkeypatch, capsys, name):
    config = Config.fromfile(REPO / 'configs' / '_base_' / 'models' / f'{name}.py')
    config.custom_imports = dict(imports=['mmuda'])
    config.dump(tmp_path / 'model.py')
    counts = flops(capsys, monkeypatch, tmp_path / 'model.py', '--shape', 64)
    init_default_scope('mmseg')
    student = MODELS.build(student_config(config.model.to_dict()))
    student.auxiliary_head = None
    assert counts[2].removeprefix('Params: ')[-1] in 'MG'
    parameters = float(counts[2].removeprefix('Params: ')[:-1]) * {'M': 1e6, 'G': 1e9}[counts[2][-1]]
    assert parameters == pytest.approx(sum(one.numel() for one in student.parameters()), rel=5e-3)
    assert float(counts[1].removeprefix('Flops: ')[:-1]) > 0


# browse_dataset


def test_every_view_is_written_as_the_network_gets_it(project):
    result = run_tool(
        sys.executable, ANALYSIS / 'browse_dataset.py', 'mrnet.py', '--output-dir', 'browsed', cwd=project, DISPLAY=''
    )
    assert result.returncode == 0, result.stderr
    dataset = DATASETS.build(Config.fromfile(project / 'mrnet.py').train_dataloader.dataset)
    for view in ('source', 'target'):
        files = sorted((project / 'browsed' / view).iterdir())
        assert len(files) == len(dataset)
        written = np.array(Image.open(files[1]))
        sample = dataset[1]['inputs'][view].numpy()[::-1].transpose(1, 2, 0)
        assert written.shape == sample.shape
        assert np.array_equal(written, sample) == (view == 'target')  # a label is painted over the source


def test_colors_of_the_classes_lie_over_the_source(project, tmp_path, monkeypatch):
    main_of(
        'browse_dataset',
        monkeypatch,
        project / 'mrnet.py',
        '--output-dir',
        tmp_path,
        '--not-show',
        '--cfg-options',
        'train_dataloader.dataset.source.indices=1',
        'train_dataloader.dataset.target.indices=1',
    )
    dataset = DATASETS.build(Config.fromfile(project / 'mrnet.py').train_dataloader.dataset)
    sample = {key: dataset[0][key]['source'] for key in ('inputs', 'data_samples')}
    label = sample['data_samples'].gt_sem_seg.data[0].numpy()
    image = sample['inputs'].numpy()[::-1].transpose(1, 2, 0)
    painted = np.array(Image.open(next((tmp_path / 'source').iterdir()))).astype(int)
    (name,) = (path.name for path in (tmp_path / 'target').iterdir())
    assert name.startswith('00000_aachen')
    road = dataset.metainfo['classes'].index('road')
    expected = (0.2 * image + 0.8 * np.array(dataset.metainfo['palette'][road])).astype(int)[label == road]
    agree = np.abs(painted[label == road] - expected).max(1) <= 1
    assert agree.mean() > 0.5  # names of classes are written over the rest


def test_pool_has_the_labels_of_the_last_round_and_its_crops(project, tmp_path, monkeypatch, capsys):
    module = tool('browse_dataset')
    config = Config.fromfile(project / 'cbst.py')
    init_default_scope('mmseg')
    dataset = DATASETS.build(config.train_dataloader.dataset)
    assert module.take_labels(dataset, config) == len(dataset)
    assert dataset.target.store == str(project / 'cbst' / 'round_1' / 'pseudo_labels')
    mined = [part.pipeline.transforms[0]({})['mine_ids'] for part in (dataset.source.dataset, dataset.target)]
    assert mined[0] == mined[1] and len(mined[0]) == 3

    module.browse(config, tmp_path, show=False, interval=0)
    assert len(list((tmp_path / 'pool').iterdir())) == len(dataset)


def test_pool_with_soft_labels_is_shown_after_the_maps_are_deleted(project, tmp_path, monkeypatch):
    toy_config(project, 'crst_lrent')
    main_of(
        'browse_dataset',
        monkeypatch,
        project / 'crst_lrent.py',
        '--output-dir',
        tmp_path,
        '--not-show',
        '--cfg-options',
        f'work_dir={project}/cbst',
    )
    assert [path for path in (tmp_path / 'pool').iterdir() if 'aachen' in path.name]


def test_pool_without_labels_shows_its_source_and_says_why(project, tmp_path, monkeypatch, capsys):
    main_of(
        'browse_dataset',
        monkeypatch,
        project / 'cbst.py',
        '--output-dir',
        tmp_path,
        '--not-show',
        '--cfg-options',
        f'work_dir={tmp_path}/none',
    )
    names = [path.name for path in (tmp_path / 'pool').iterdir()]
    assert names and not [name for name in names if 'aachen' in name]
    assert 'no pseudo labels in the work dir' in capsys.readouterr().err


def test_second_stage_before_its_labels_says_what_to_do(project, tmp_path, monkeypatch):
    toy_config(project, 'mrnet_stage2')
    with pytest.raises(SystemExit, match='no pseudo labels in the work dir .*mrnet_stage2: train, or name a folder'):
        main_of('browse_dataset', monkeypatch, project / 'mrnet_stage2.py', '--output-dir', tmp_path)


def test_browsing_needs_a_window_or_a_folder(project, monkeypatch):
    with pytest.raises(SystemExit, match='--output-dir'):
        main_of('browse_dataset', monkeypatch, project / 'mrnet.py', '--not-show')


def test_config_without_training_data_is_named(project, tmp_path, monkeypatch):
    export_config(Config.fromfile(project / 'mrnet.py')).dump(project / 'exported.py')
    with pytest.raises(SystemExit, match=r'exported\.py has no train_dataloader'):
        main_of('browse_dataset', monkeypatch, project / 'exported.py', '--output-dir', tmp_path)


def test_data_of_one_view_are_browsed_as_by_the_stock_tool(project, tmp_path, monkeypatch):
    config = Config.fromfile(project / 'mrnet.py')
    config.train_dataloader.dataset = config.train_dataloader.dataset.source.to_dict()
    config.dump(tmp_path / 'plain.py')
    main_of('browse_dataset', monkeypatch, tmp_path / 'plain.py', '--output-dir', tmp_path / 'out', '--not-show')
    assert '00001_00002.png' in [path.name for path in (tmp_path / 'out').iterdir()]


# confusion_matrix


def counts(folder: Path) -> tuple[list[str], np.ndarray]:
    with (folder / 'confusion_matrix.csv').open() as file:
        rows = list(csv.reader(file))
    return [row[0] for row in rows[1:]], np.array([row[1:] for row in rows[1:]], int)


def test_confusion_matrix_of_saved_predictions_is_that_of_the_evaluation(project):
    config = Config.fromfile(project / 'mrnet.py')
    config.merge_from_dict(
        {
            'load_from': str(project / 'mrnet' / 'iter_4.pth'),
            'work_dir': str(project / 'tested'),
            'test_evaluator.output_dir': str(project / 'predictions'),  # what test.py --out sets
            'experiment_name': uuid.uuid4().hex,
        }
    )
    metrics = Runner.from_cfg(config).test()
    dataset = DATASETS.build(config.test_dataloader.dataset)
    matrix = tool('confusion_matrix').count(dataset, project / 'predictions')
    assert matrix.shape == (19, 19) and matrix.sum() > 2**12
    assert round(100 * np.trace(matrix) / matrix.sum(), 2) == metrics['aAcc']
    hits = np.diag(matrix)
    with np.errstate(invalid='ignore'):
        iou = hits / (matrix.sum(0) + matrix.sum(1) - hits)
    assert round(100 * np.nanmean(iou), 2) == metrics['mIoU']


@pytest.fixture
def own(tmp_path) -> Path:
    """Two images of one name in two folders, of three own classes; labels 0, 1, 2, 255 and 2, 2, 2, 2."""
    labels = dict(rome=[[0, 1], [2, 255]], rio=[[2, 2], [2, 2]])
    for city, label in labels.items():
        for kind, array in (('images', np.zeros((2, 2, 3))), ('labels', np.array(label))):
            (tmp_path / kind / city).mkdir(parents=True)
            Image.fromarray(array.astype(np.uint8)).save(tmp_path / kind / city / '1.png')
    pipeline = [dict(type='LoadImageFromFile'), dict(type='LoadLabelIds'), dict(type='PackSegInputs')]
    Config(
        dict(
            custom_imports=dict(imports=['mmuda']),
            test_dataloader=dict(
                dataset=dict(
                    type='FolderDataset',
                    data_root=str(tmp_path),
                    pipeline=pipeline,
                    data_prefix=dict(img_path='images', seg_map_path='labels'),
                    metainfo=dict(classes=('a', 'b', 'c'), palette=[[0, 0, 0], [1, 1, 1], [2, 2, 2]]),
                )
            ),
        )
    ).dump(tmp_path / 'own.py')
    return tmp_path


def predict(folder: Path, name: str, values: list[list[int]]) -> None:
    path = folder / 'predictions' / name
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.array(values, np.uint8)).save(path)


def test_matrix_and_picture_are_written_and_predictions_in_folders_go_with_their_images(own):
    predict(own, 'rome/1.png', [[0, 0], [2, 0]])
    predict(own, 'rio/1.png', [[2, 2], [1, 0]])
    result = run_tool(sys.executable, ANALYSIS / 'confusion_matrix.py', 'own.py', 'predictions', 'out', cwd=own)
    assert result.returncode == 0, result.stderr
    assert Image.open(own / 'out' / 'confusion_matrix.png').format == 'PNG'
    classes, matrix = counts(own / 'out')
    assert classes == ['a', 'b', 'c']
    assert matrix.tolist() == [[1, 0, 0], [1, 0, 0], [1, 1, 3]]


@pytest.mark.parametrize(
    'predictions, message',
    [
        ({'rome/1.png': [[0, 0], [0, 0]]}, r'has no prediction 1\.png of the image .*rio'),
        ({'1.png': [[0, 0], [0, 0]]}, r'1\.png would be the prediction of two images, .*rio.* and .*rome'),
        ({'rome/1.png': [[0]], 'rio/1.png': [[0]]}, r'rio.1\.png has the shape \(1, 1\), the label .* \(2, 2\)'),
        ({'rome/1.png': [[7, 0], [0, 0]], 'rio/1.png': [[0, 7], [0, 0]]}, 'values up to 7, but there are 3 classes'),
    ],
    ids=['missing', 'one for two', 'size', 'values'],
)
def test_predictions_that_do_not_fit_are_named(own, monkeypatch, predictions, message):
    for name, values in predictions.items():
        predict(own, name, values)
    with pytest.raises(SystemExit, match=message):
        main_of('confusion_matrix', monkeypatch, own / 'own.py', own / 'predictions', own / 'out')


# benchmark and print_config


def test_speed_of_fewer_images_than_are_measured_is_a_number(project):
    result = run_tool(
        sys.executable, ANALYSIS / 'benchmark.py', 'mrnet.py', 'mrnet/iter_4.pth', '--work-dir', 'speed', cwd=project
    )
    assert result.returncode == 0, result.stderr
    assert 'random weights' not in result.stderr
    assert Config.fromfile(next((project / 'speed').glob('fps_*.json'))).average_fps > 0


def test_benchmark_without_its_checkpoint_says_what_it_measures(project, monkeypatch, capsys):
    module = tool('benchmark')
    monkeypatch.setattr(sys, 'argv', ['benchmark', str(project / 'mrnet.py'), 'no.pth', '--work-dir', str(project)])
    monkeypatch.setattr(module, 'load_stock_tool', lambda name, load=module.load_stock_tool: _without_main(load(name)))
    module.main()
    assert 'no checkpoint no.pth: random weights are measured' in capsys.readouterr().err


def _without_main(stock):
    stock.main = lambda: None
    return stock


def test_config_and_its_model_are_printed(project):
    result = run_tool(
        sys.executable,
        REPO / 'tools' / 'misc' / 'print_config.py',
        'mrnet.py',
        '--graph',
        '--cfg-options',
        'train_cfg.max_iters=17',
        cwd=project,
    )
    assert result.returncode == 0, result.stderr
    assert 'max_iters=17' in result.stdout and 'DualClassifierHead(' in result.stdout
