"""tools/select_checkpoint.py on runs of two methods and on what are no runs."""

import csv
import importlib.util
import json
import re
import shutil
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any, NamedTuple

import mmuda  # noqa: F401

# isort: split
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmseg.registry import MODELS

from mmuda.evaluation.label_free.label_free_metric import SCORES
from tests.helpers.tiny import REPO, make_data, opened_files, shrink_data, tiny_config

FILE = REPO / 'tools' / 'select_checkpoint.py'
spec = importlib.util.spec_from_file_location('select_checkpoint', FILE)
tool = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tool)

TEACHER = {name for name in SCORES if name.startswith('teacher')}


class Selected(NamedTuple):
    code: int | str | None
    output: str


def write_run(data: Path, work_dir: Path, name: str) -> None:
    """A config and three checkpoints as a training leaves them, without the training."""
    cfg = Config.fromfile(REPO / f'configs/toy/{name}.py')
    shrink_data(cfg, data)
    cfg.source_val_dataloader.dataset.update(data_root=str(data / 'gta'), indices=[4, 5], pipeline=cfg.test_pipeline)
    cfg.model = tiny_config(data, work_dir, name).model
    work_dir.mkdir(parents=True)
    cfg.dump(work_dir / f'{name}.py')
    init_default_scope('mmseg')
    torch.manual_seed(len(name))
    model = MODELS.build(cfg.model)
    for iteration in (10, 20, 100):
        with torch.no_grad():
            for parameter in model.parameters():
                parameter += 0.1 * torch.randn(parameter.shape)
        checkpoint: dict[str, Any] = dict(state_dict=model.state_dict(), meta=dict(iter=iteration))
        if name == 'dacs':
            state = deepcopy(model.student.state_dict())
            checkpoint['teacher'] = dict(state_dict={k: v * 0.9 for k, v in state.items()}, updates=1)
        torch.save(checkpoint, work_dir / f'iter_{iteration}.pth')
    shutil.copy(work_dir / 'iter_20.pth', work_dir / 'best_mIoU_iter_20.pth')


@pytest.fixture(scope='module')
def runs(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp('runs')
    data = make_data(folder)
    for name in ('mrnet', 'dacs', 'source_only'):
        write_run(data, folder / name, name)
    return folder


@pytest.fixture
def select(monkeypatch, capsys, runs):
    def select_(*arguments: object) -> Selected:
        monkeypatch.chdir(runs)
        monkeypatch.setattr(sys, 'argv', [str(FILE), *map(str, arguments), '--device', 'cpu'])
        code = None
        try:
            tool.main()
        except SystemExit as ended:
            code = ended.code
        return Selected(code, capsys.readouterr().out)

    return select_


@pytest.fixture(scope='module')
def scored(runs, tmp_path_factory) -> dict[str, Any]:
    """What --out has of two runs, with the labels of the validation."""
    out = tmp_path_factory.mktemp('out') / 'scores.json'
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(runs)
        arguments = ['mrnet', 'dacs', '--with-labels', '--out', str(out), '--device', 'cpu']
        patch.setattr(sys, 'argv', [str(FILE), *arguments])
        tool.main()
    return dict(json.loads(out.read_text()), path=out)


def test_every_checkpoint_has_a_row_in_the_order_of_iterations(scored):
    names = [(row['run'], row['checkpoint'], row['iteration']) for row in scored['rows']]
    assert names == [(run, f'iter_{i}.pth', i) for run in ('mrnet', 'dacs') for i in (10, 20, 100)]


def test_each_method_has_the_scores_that_can_act_on_it(scored):
    for row in scored['rows']:
        missing = TEACHER if row['run'] == 'mrnet' else set()
        assert set(row) - {'run', 'checkpoint', 'iteration'} == {*SCORES, 'source_mIoU', 'mIoU'} - missing


def test_weights_of_each_checkpoint_are_scored(scored):
    for name in ('negative_entropy', 'mutual_information', 'neighborhood_density'):
        assert len({row[name] for row in scored['rows']}) == 6


def test_labels_evaluate_the_scores_and_do_not_choose(scored):
    assert set(scored['choices']) == {'mrnet', 'dacs', 'all'}
    best = max(scored['rows'], key=lambda row: row['mutual_information'])
    assert scored['choices']['all']['mutual_information'] == f'{best["run"]}/{best["checkpoint"]}'
    judged = scored['evaluation']['mutual_information']
    assert judged['checkpoints'] == 6 and -1 <= judged['across'] <= 1 and judged['across_lost'] >= 0
    assert scored['evaluation']['teacher_iou']['checkpoints'] == 3


def test_no_label_of_the_target_is_opened_and_the_choice_is_said(select, tmp_path):
    with opened_files() as opened:
        got = select('mrnet', '--scores', 'mutual_information', '--out', tmp_path / 'scores.csv', '--num-images', 2)
    assert got.code is None and not [path for path in opened if 'gtFine' in path]
    rows = list(csv.DictReader((tmp_path / 'scores.csv').open()))
    assert list(rows[0]) == ['run', 'checkpoint', 'iteration', 'mutual_information']
    chosen = max(rows, key=lambda row: float(row['mutual_information']))['checkpoint']
    assert f'mrnet: take {chosen}, by mutual_information' in got.output


def test_the_default_is_the_first_that_all_checkpoints_have(select, scored, tmp_path):
    by_default = select('--add', scored['path'], '--out', tmp_path / 'same.csv')
    assert by_default.code is None and ', by class_balance' in by_default.output
    rows = [dict(row) for row in scored['rows']]
    del rows[0]['class_balance']
    (tmp_path / 'some.json').write_text(json.dumps(dict(rows=rows)))
    without_source = select('--add', tmp_path / 'some.json', '--out', tmp_path / 'again.csv')
    assert ', by mutual_information' in without_source.output and ', by class_balance' not in without_source.output


def test_what_cannot_act_is_said(select):
    got = select('mrnet', '--scores', 'mutual_information', 'teacher_iou', '--num-images', 1)
    assert got.code is None and 'mrnet: without teacher_iou: the method has no teacher' in got.output


def test_tables_are_judged_together_without_another_look_at_the_images(select, scored, tmp_path):
    one, two = tmp_path / 'one.csv', tmp_path / 'two.json'
    both = select('--add', scored['path'], '--out', one)
    assert both.code is None
    rows = [dict(row, run=f'again/{row["run"]}') for row in scored['rows']]
    two.write_text(json.dumps(dict(rows=rows)))
    got = select('--add', one, two, '--with-labels', '--out', tmp_path / 'all.json')
    assert got.code is None and 'Spearman' in got.output and 'none: the last' in got.output
    found = json.loads((tmp_path / 'all.json').read_text())
    assert found['evaluation']['view_iou']['checkpoints'] == 12
    assert found['evaluation']['view_iou']['within'] == pytest.approx(scored['evaluation']['view_iou']['within'])


def test_images_of_the_validation_serve_without_their_labels(select):
    with opened_files() as opened:
        got = select('source_only', '--images', 'validation', '--scores', 'mutual_information')
    assert got.code is None and 'source_only: take' in got.output
    assert not [path for path in opened if 'gtFine' in path]
    assert [path for path in opened if 'leftImg8bit/val' in path]


def test_data_of_another_config_serve_all_runs(select, runs):
    got = select('source_only', '--data', runs / 'mrnet/mrnet.py', '--scores', 'mutual_information')
    assert got.code is None and 'source_only: take' in got.output


@pytest.fixture
def copy(runs, tmp_path) -> Path:
    return shutil.copytree(runs / 'mrnet', tmp_path / 'copy')


def no_checkpoints(copy: Path) -> None:
    for path in copy.glob('*.pth'):
        path.rename(path.with_name('weights.pth'))


def damaged(copy: Path) -> None:
    content = (copy / 'iter_20.pth').read_bytes()
    (copy / 'iter_20.pth').write_bytes(content[: len(content) // 2])


def other_architecture(copy: Path) -> None:
    torch.save(dict(state_dict=dict(x=torch.zeros(1)), meta=dict(iter=10)), copy / 'iter_10.pth')


def without_iteration(copy: Path) -> None:
    torch.save(dict(state_dict={}), copy / 'iter_10.pth')


def other_project(copy: Path) -> None:
    (copy / 'mrnet.py').write_text("model = dict(type='FasterRCNN')\n" + data_of(copy))


def data_of(copy: Path) -> str:
    config = Config.fromfile(copy / 'mrnet.py')
    keys = ('train_dataloader', 'test_pipeline')
    return '\n'.join(f'{key} = {config[key]!r}' for key in keys)


def broken_config(copy: Path) -> None:
    (copy / 'mrnet.py').write_text('model = dict(')


def no_model(copy: Path) -> None:
    (copy / 'mrnet.py').write_text('x = 1')


def no_config(copy: Path) -> None:
    (copy / 'mrnet.py').unlink()


def emptied(copy: Path) -> None:
    for path in copy.iterdir():
        path.unlink()


def other_images(copy: Path) -> None:
    config = Config.fromfile(copy / 'mrnet.py')
    config.train_dataloader.dataset.target.data_root = 'nowhere'
    config.dump(copy / 'mrnet.py')


@pytest.mark.parametrize(
    ('spoil', 'message'),
    [
        (emptied, 'has no config'),
        (no_config, 'has no config'),
        (no_model, 'has no model'),
        (broken_config, 'cannot be read as a config'),
        (other_project, 'is it the config of another project'),
        (no_checkpoints, 'has no checkpoints: .* found weights.pth'),
        (damaged, 'iter_20.pth is damaged'),
        (without_iteration, 'iter_10.pth does not say its iteration'),
        (other_architecture, 'iter_10.pth does not fit .* another architecture'),
        (other_images, 'nowhere'),
    ],
)
def test_what_is_no_run_is_refused_and_nothing_is_written(select, copy, tmp_path, spoil, message):
    spoil(copy)
    got = select(copy, '--scores', 'mutual_information', '--num-images', 1, '--out', tmp_path / 'scores.csv')
    assert re.search(message, str(got.code), re.DOTALL), got.code
    assert not (tmp_path / 'scores.csv').exists()


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['nowhere'], 'nowhere is no folder'),
        (['source_only'], 'has no target images .* --data CONFIG'),
        (['mrnet', '--scores', 'teacher_iou', '--metric', 'teacher_iou'], 'none of the scores can act: teacher_iou: '),
        (['mrnet', 'mrnet'], 'mrnet is given twice'),
        (['mrnet', '--out', 'scores.txt'], 'scores.txt: expected a name that ends in'),
        (['--add', 'mrnet/mrnet.py'], 'mrnet.py: expected a name that ends in'),
        (['--add', 'nowhere.csv'], 'nowhere.csv'),
    ],
)
def test_what_cannot_be_scored_is_refused(select, arguments, message):
    got = select(*arguments)
    assert re.search(message, str(got.code), re.DOTALL), got.code


@pytest.mark.parametrize('content', ['', 'a,b\n1,2\n', 'run,checkpoint,iteration\nx,y,1\n', '{}'])
def test_other_tables_are_refused(select, tmp_path, content):
    path = tmp_path / ('table.json' if content == '{}' else 'table.csv')
    path.write_text(content)
    assert re.search('table.(csv|json) (is no table of this tool|has no rows)', str(select('--add', path).code))


def test_labels_that_are_not_there_evaluate_nothing(select, copy):
    config = Config.fromfile(copy / 'mrnet.py')
    del config.val_dataloader.dataset.data_prefix['seg_map_path']
    config.dump(copy / 'mrnet.py')
    got = select(copy, '--scores', 'mutual_information', '--with-labels')
    assert 'have no labels: leave out --with-labels' in str(got.code)


def test_help_names_the_default_and_its_reason(select):
    got = select('--help')
    assert got.code == 0 and 'By default class_balance chooses' in got.output and 'it lost least' in got.output
