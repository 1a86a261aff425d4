"""What the documentation shows works as it stands."""

import re
from pathlib import Path

import mmuda  # noqa: F401

# isort: split
import numpy as np
import pytest
import yaml
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmengine.runner import Runner
from mmseg.registry import DATASETS, HOOKS, MODELS, RUNNERS
from PIL import Image

pytestmark = pytest.mark.integration

REPO = Path(__file__).parents[1]


def python_blocks(page: str) -> list[str]:
    """The Python examples of a page."""
    return re.findall(r'^```python\n(.*?)^```$', (REPO / page).read_text(), re.DOTALL | re.MULTILINE)


def block(page: str, text: str) -> str:
    """The Python example of a page that has this text."""
    return next(example for example in python_blocks(page) if text in example)


@pytest.fixture
def own_data(tmp_path, monkeypatch) -> Path:
    """A checkout with the folders of the README's example, two images each."""
    for folder, labelled in (('sim', True), ('real', False), ('real_val', True)):
        for kind, suffix in (('images', 'jpg'), ('labels', 'png'))[: 1 + labelled]:
            path = tmp_path / 'data' / 'mydata' / folder / kind
            path.mkdir(parents=True)
            for index in range(2):
                shape = (96, 128, 3) if kind == 'images' else (96, 128)
                Image.fromarray(np.full(shape, index, np.uint8)).save(path / f'{index}.{suffix}')
    (tmp_path / 'configs' / 'my').mkdir(parents=True)
    (tmp_path / 'configs' / '_base_').symlink_to(REPO / 'configs' / '_base_')
    monkeypatch.chdir(tmp_path)
    init_default_scope('mmseg')
    return tmp_path / 'configs' / 'my'


def test_own_data_example_reads_its_folders_and_builds_its_model(own_data):
    (own_data / 'mrnet.py').write_text(python_blocks('README.md')[0])
    config = Config.fromfile(own_data / 'mrnet.py')
    sample = DATASETS.build(config.train_dataloader.dataset)[0]
    assert {view: tuple(image.shape) for view, image in sample['inputs'].items()} == dict(
        source=(3, 97, 97), target=(3, 97, 97)
    )
    assert DATASETS.build(config.val_dataloader.dataset)[1]['data_samples'].gt_sem_seg.data.unique().tolist() == [1]
    assert MODELS.build(config.model).num_classes == 3


def test_second_stage_example_inherits_the_first(own_data):
    for name, text in zip(('mrnet.py', 'mrnet_rectified.py'), python_blocks('README.md')):
        (own_data / name).write_text(text)
    config = Config.fromfile(own_data / 'mrnet_rectified.py')
    assert DATASETS.build(config.train_dataloader.dataset).source.relative_path(0) == '0.jpg'
    assert [objective.name for objective in MODELS.build(config.model).objectives] == ['rectified', 'batch_norm']


def test_recipe_without_target_labels_trains_and_tests(own_data, tmp_path):
    config = block('README.md', '# MRNet stage 1 on own data')
    begin, end = config.index('val_dataloader = '), config.index('model = dict(segmentor')
    recipe = block('docs/get_started.md', 'val_dataloader = val_cfg = val_evaluator = None')
    (own_data / 'mrnet.py').write_text(config[:begin] + recipe + config[end:])
    config = Config.fromfile(own_data / 'mrnet.py')
    config.merge_from_dict(
        {
            'train_cfg.max_iters': 1,
            'train_dataloader.num_workers': 0,
            'log_level': 'ERROR',
            'train_dataloader.persistent_workers': False,
            'test_dataloader.num_workers': 0,
        }
    )
    runner = Runner.from_cfg(config)
    runner.train()
    runner.test_evaluator.metrics[0].output_dir = Path('predictions')
    assert runner.test() == {}
    assert sorted(path.name for path in Path('predictions').iterdir()) == ['0.png', '1.png']


def test_recipe_of_rounds_on_own_data_plans_them(own_data):
    (own_data / 'mrnet.py').write_text(python_blocks('README.md')[0])
    (own_data / 'cbst.py').write_text(block('docs/get_started.md', '# CBST on own data'))
    runner = RUNNERS.build(Config.fromfile(own_data / 'cbst.py'))
    loop = runner.build_train_loop(runner.cfg.train_cfg)
    assert [(plan.num_source, round(plan.target_portion, 2)) for plan in loop.rounds] == [(2, 0.2), (2, 0.25), (2, 0.3)]
    assert loop.pool[0]['inputs']['pool'].shape == (3, 97, 129)
    assert loop.pool.target.relative_path(0) == '0.jpg'
    assert [objective.name for objective in runner.model.objectives] == ['pool']


def test_recipe_of_dacs_on_own_data_builds(own_data):
    (own_data / 'mrnet.py').write_text(python_blocks('README.md')[0])
    (own_data / 'dacs.py').write_text(block('docs/get_started.md', '# DACS on own data'))
    config = Config.fromfile(own_data / 'dacs.py')
    model = MODELS.build(config.model)
    assert [objective.name for objective in model.objectives] == ['source', 'classmix'] and model.needs_teacher
    assert [type(HOOKS.build(hook)).__name__ for hook in config.custom_hooks] == ['AdaptiveBatchNormHook']


def test_recipes_with_one_classifier_train(own_data):
    (own_data / 'mrnet.py').write_text(python_blocks('README.md')[0])
    cbst, dacs, source_only = (
        block('docs/get_started.md', text)
        for text in ('# CBST on own data', '# DACS on own data', '# The labelled source alone')
    )
    for name, text in dict(
        source_only=source_only,
        cbst=cbst.replace('mrnet', 'source_only'),
        dacs=dacs.replace("'./mrnet.py'", "'./source_only.py'"),
    ).items():
        (own_data / f'{name}.py').write_text(text)
    for name in ('source_only', 'cbst', 'dacs'):
        config = Config.fromfile(own_data / f'{name}.py')
        config.merge_from_dict(
            {'train_cfg.num_rounds': 1, 'train_cfg.epochs': 1} if name == 'cbst' else {'train_cfg.max_iters': 1}
        )
        config.merge_from_dict(
            {
                'train_dataloader.num_workers': 0,
                'train_dataloader.persistent_workers': False,
                'val_dataloader': None,
                'val_cfg': None,
                'val_evaluator': None,
            }
        )
        config.experiment_name = name
        runner = RUNNERS.build(config) if name == 'cbst' else Runner.from_cfg(config)
        runner.train()
        losses = [key for key in runner.message_hub.log_scalars if 'loss_' in key]
        assert losses and all(key.endswith('loss_main') for key in losses)


def test_example_of_an_objective_passes_its_own_test(tmp_path, monkeypatch):
    objective, config, test = python_blocks('docs/add_a_method.md')
    (tmp_path / 'my_objectives.py').write_text(objective)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / 'configs' / 'my').mkdir(parents=True)
    for name in ('_base_', 'toy'):
        (tmp_path / 'configs' / name).symlink_to(REPO / 'configs' / name)
    (tmp_path / 'configs' / 'my' / 'config.py').write_text(config)
    init_default_scope('mmseg')

    model = MODELS.build(Config.fromfile(tmp_path / 'configs' / 'my' / 'config.py').model)
    assert [objective.name for objective in model.objectives][-1] == 'proportions'
    names = {}
    exec(test, names)
    tests = [value for name, value in names.items() if name.startswith('test_')]
    assert len(tests) == 2
    for example in tests:
        example()


def test_model_index_names_every_config_of_a_paper():
    papers = [page.parent for page in REPO.glob('configs/*/README.md') if page.parent.name not in ('toy', 'camvid')]
    index = yaml.safe_load((REPO / 'model-index.yml').read_text())
    assert sorted(index['Import']) == sorted(f'configs/{folder.name}/metafile.yml' for folder in papers)

    models = [model for page in index['Import'] for model in yaml.safe_load((REPO / page).read_text())['Models']]
    expected = {
        str(path.relative_to(REPO))
        for folder in papers
        for path in folder.glob('*.py')
        if 'source_only' not in path.name
    }
    assert {model['Config'] for model in models} == expected


METAFILES = sorted(str(path.relative_to(REPO)) for path in REPO.glob('configs/*/metafile.yml'))


@pytest.mark.parametrize('page', METAFILES)
def test_metafile_says_what_the_configs_say(page):
    content = yaml.safe_load((REPO / page).read_text())
    assert all((REPO / collection['Code']['URL']).is_file() for collection in content['Collections'])
    for model in content['Models']:
        cfg = Config.fromfile(REPO / model['Config'])
        rounds, train_cfg = cfg.train_cfg.get('num_rounds'), cfg.train_cfg
        expected = {'Batch Size': cfg.train_dataloader.batch_size}
        if 'epochs' in train_cfg:
            expected.update({'Rounds': rounds, 'Epochs': rounds * train_cfg.epochs})
        else:
            expected['Iterations'] = rounds * train_cfg.iterations if rounds else train_cfg.max_iters
        if 'ensemble' in page:
            expected['Teachers'] = len(train_cfg.get('teachers', ()))
        found = {key: value for key, value in model['Metadata'].items() if key != 'Training Data'}
        assert found == expected, model['Name']
