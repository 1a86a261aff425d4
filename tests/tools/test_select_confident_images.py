import csv
import importlib.util
import sys

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmseg.registry import DATASETS, MODELS

from tests.helpers.tiny import REPO, make_data, run_tool, tiny_config

pytestmark = pytest.mark.integration

TOOL = REPO / 'tools/dataset_tools/select_confident_images.py'


@pytest.fixture(scope='module')
def project(tmp_path_factory):
    """A folder with toy data, config.py and weights.pth."""
    folder = tmp_path_factory.mktemp('project')
    init_default_scope('mmseg')
    config = tiny_config(make_data(folder), folder / 'work')
    config.dump(str(folder / 'config.py'))
    torch.manual_seed(0)
    torch.save(dict(state_dict=MODELS.build(config.model).state_dict()), folder / 'weights.pth')
    return folder


def target(folder, **options) -> list[str]:
    """Images of the target data set of the config."""
    init_default_scope('mmseg')
    dataset = Config.fromfile(folder / 'config.py').train_dataloader.dataset.target
    return [info['img_path'] for info in DATASETS.build({**dataset, 'pipeline': [], **options})]


def test_list_holds_the_images_of_the_highest_scores(project):
    result = run_tool(
        sys.executable, TOOL, 'config.py', 'weights.pth', '--out', 'lists/top.txt', '--top-k', '2', cwd=project
    )
    assert result.returncode == 0, result.stderr
    with open(project / 'lists/top_scores.csv') as file:
        scores = {name: float(score) for name, score in csv.reader(file)}
    names = (project / 'lists/top.txt').read_text().split()
    assert len(scores) == len(target(project))
    assert sorted(names) == sorted(sorted(scores, key=scores.get)[-2:])
    # the list is what the data set reads
    chosen = target(project, ann_file=str(project / 'lists/top.txt'))
    assert len(chosen) == 2 and set(chosen) < set(target(project))


@pytest.fixture(scope='module')
def tool():
    spec = importlib.util.spec_from_file_location('select_confident_images', TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def refusal(tool, project, monkeypatch):
    """Run the tool in this process, and return the sentence that it ends with."""
    monkeypatch.chdir(project)

    def end(config: str, *arguments: str) -> str:
        monkeypatch.setattr(sys, 'argv', ['tool', config, 'weights.pth', *arguments])
        with pytest.raises(SystemExit) as stop:
            tool.main()
        return stop.value.code

    return end


def test_threshold_that_no_image_reaches_is_refused(refusal, project):
    assert 'no image reaches the threshold' in refusal('config.py', '--out', 'none.txt', '--threshold', '1.5')
    assert not (project / 'none.txt').exists()


def test_more_images_than_there_are_is_refused_before_the_work(refusal, project):
    assert 'cannot choose 99 of 4' in refusal('config.py', '--out', 'many.txt', '--top-k', '99')
    assert not (project / 'many_scores.csv').exists()


def test_config_without_target_is_named(refusal, project):
    config = Config.fromfile(project / 'config.py')
    config.train_dataloader.dataset = config.train_dataloader.dataset.source
    config.dump(str(project / 'plain.py'))
    assert 'plain.py has no target images' in refusal('plain.py', '--out', 'a.txt', '--top-k', '1')


def test_unreadable_image_is_named(refusal, project):
    image = next((project / 'toy').glob('cityscapes/leftImg8bit/train/*/*.png'))
    whole = image.read_bytes()
    image.write_bytes(whole[: len(whole) // 2])
    message = refusal('config.py', '--out', 'a.txt', '--top-k', '1')
    image.write_bytes(whole)
    assert f'cannot read image {image}' in message


def test_images_of_a_pseudo_labeled_target_are_found(tool, project):
    config = Config.fromfile(project / 'config.py')
    plain = config.train_dataloader.dataset.target
    config.train_dataloader.dataset.target = dict(type='PseudoLabelDataset', dataset=plain, pipeline=[])
    dataset = tool.target_dataset(config)
    assert sorted(info['img_path'] for info in dataset) == sorted(target(project))
