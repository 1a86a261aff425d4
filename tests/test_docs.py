"""What the documentation shows works as it stands."""

import ast
import re
from pathlib import Path

import mmuda  # noqa: F401

# isort: split
import pytest
import torch
import yaml
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmseg.registry import HOOKS, METRICS, MODELS

pytestmark = pytest.mark.integration

REPO = Path(__file__).parents[1]


def python_blocks(page: str) -> list[str]:
    """The Python examples of a page."""
    return re.findall(r'^```python\n(.*?)^```$', (REPO / page).read_text(), re.DOTALL | re.MULTILINE)


def block(page: str, text: str) -> str:
    """The Python example of a page that has this text."""
    return next(example for example in python_blocks(page) if text in example)


def test_method_of_the_readme_is_that_of_the_shipped_config():
    shown = python_blocks('README.md')[0]
    path = re.match(r'# (configs/.*\.py)\n', shown)[1]
    names = {}
    exec(shown, names)
    assert names['objectives'] == Config.fromfile(REPO / path).to_dict()['model']['objectives']


def test_readme_is_short_and_begins_with_a_sentence_a_picture_and_a_method():
    lines = (REPO / 'README.md').read_text().splitlines()
    assert len(lines) <= 180
    text = '\n'.join(lines)
    assert text.index('![') < text.index('```python') < text.index('\n## ')
    assert len(python_blocks('README.md')[0].splitlines()) <= 12


STOCK = {'DataParallel', 'LoadImageFromFile', 'MMSegInferencer', 'SyncBN'}  # named, and not imported by mmuda


def test_classes_that_the_architecture_names_exist():
    nodes = [node for path in REPO.glob('mmuda/**/*.py') for node in ast.walk(ast.parse(path.read_text()))]
    known = {node.name for node in nodes if isinstance(node, ast.ClassDef)}
    known |= {alias.name for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names}
    text = (REPO / 'docs/architecture.md').read_text()
    in_code = [*re.findall(r'^```.*?^```', text, re.DOTALL | re.MULTILINE), *re.findall(r'`([^`\n]+)`', text)]
    named = {name for code in in_code for name in re.findall(r'(?<![\w/.])[A-Z]\w*[a-z]\w*[A-Z]\w*', code)}
    assert len(named) > 50
    assert sorted(named - known - STOCK - {'BatchNorm'}) == []


LINKS = [
    (page, link)
    for page in sorted([*REPO.glob('*.md'), *REPO.glob('docs/**/*.md'), *REPO.glob('configs/*/README.md')])
    for link in sorted(set(re.findall(r'\]\(([^)\s]+)\)', page.read_text())))
    if '://' not in link
]


def anchors(page: Path) -> set[str]:
    """Anchors of the headings of a page, as GitHub makes them."""
    text = re.sub(r'^```.*?^```', '', page.read_text(), flags=re.DOTALL | re.MULTILINE)
    titles = re.findall(r'^#+ (.*)$', text, re.MULTILINE)
    return {re.sub(r'[^\w\- ]', '', title.lower()).strip().replace(' ', '-') for title in titles}


@pytest.mark.parametrize(('page', 'link'), LINKS, ids=lambda value: getattr(value, 'name', value))
def test_links_between_pages_lead_somewhere(page, link):
    path, _, anchor = link.partition('#')
    target = (page.parent / path).resolve() if path else page
    assert target.exists()
    assert not anchor or anchor in anchors(target)


def test_example_of_another_backbone_builds(tmp_path):
    (tmp_path / 'configs' / 'my').mkdir(parents=True)
    for name in ('_base_', 'toy'):
        (tmp_path / 'configs' / name).symlink_to(REPO / 'configs' / name)
    (tmp_path / 'configs' / 'my' / 'config.py').write_text(block('docs/get_started.md', 'MixVisionTransformer'))
    init_default_scope('mmseg')
    model = MODELS.build(Config.fromfile(tmp_path / 'configs' / 'my' / 'config.py').model).eval()
    assert len(model.objectives) == 1
    with torch.no_grad():
        assert model.decode_head(model.student.extract_feat(torch.zeros(1, 3, 129, 257)))['main'].shape[:2] == (1, 19)


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
    papers = [
        page.parent for page in REPO.glob('configs/*/README.md') if page.parent.name not in ('toy', 'camvid', 'example')
    ]
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
            expected['Teachers'] = len(train_cfg.get('labels', {}).get('teachers', ()))
        found = {key: value for key, value in model['Metadata'].items() if key != 'Training Data'}
        assert found == expected, model['Name']


def test_example_of_a_choice_without_labels_keeps_the_best_by_a_score_of_its_metric(tmp_path):
    (tmp_path / 'configs' / 'my').mkdir(parents=True)
    for name in ('_base_', 'example'):
        (tmp_path / 'configs' / name).symlink_to(REPO / 'configs' / name)
    (tmp_path / 'configs' / 'my' / 'config.py').write_text(block('docs/choose_a_checkpoint.md', 'LabelFreeMetric'))
    config = Config.fromfile(tmp_path / 'configs' / 'my' / 'config.py')
    metric = METRICS.build(config.val_evaluator)
    hook = HOOKS.build(config.default_hooks.checkpoint)
    assert hook.key_indicators[0].removeprefix('label_free/') in metric.scores and hook.rules == ['greater']
    assert not config.val_dataloader.dataset.data_prefix.get('seg_map_path')
