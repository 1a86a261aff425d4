"""The report as a command."""

import shutil
import sys

import pytest
import torch

from tests.helpers.tiny import REPO, make_data, run_tool, small_dacs_config, train
from tests.helpers.work_dirs import write_work_dir
from tools import report

pytestmark = pytest.mark.integration


def tool(*arguments, cwd):
    return run_tool(sys.executable, REPO / 'tools' / 'report.py', *arguments, cwd=cwd)


@pytest.fixture(scope='module')
def trained(tmp_path_factory):
    """The work dir of a run of two iterations with a teacher."""
    folder = tmp_path_factory.mktemp('run')
    train(
        small_dacs_config(
            make_data(folder), folder / 'dacs', default_hooks__logger__interval=1, visualizer__name='report'
        )
    )
    return folder / 'dacs'


def test_a_run_and_its_pictures_become_a_page(trained, tmp_path):
    write_work_dir(tmp_path / 'other')
    out = tmp_path / 'new' / 'report.html'
    result = tool(trained, tmp_path / 'other', '--out', out, '--pictures', 1, '--device', 'cpu', cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert f'{out}: ' in result.stdout and 'there are no pictures: there is no checkpoint' in result.stdout
    text = out.read_text()
    assert 'alt="prediction of the teacher"' in text and 'there is no checkpoint' in text
    assert [path.name for path in out.parent.iterdir()] == ['report.html']


def test_a_folder_that_is_no_work_dir_ends_in_a_sentence_and_leaves_nothing(tmp_path):
    (tmp_path / 'empty').mkdir()
    write_work_dir(tmp_path / 'run')
    result = tool(tmp_path / 'run', tmp_path / 'empty', '--out', tmp_path / 'report.html', cwd=tmp_path)
    assert result.returncode == 1 and 'report: ' in result.stderr and 'empty is empty' in result.stderr
    assert 'Traceback' not in result.stderr
    assert not (tmp_path / 'report.html').exists()


def test_a_page_that_is_there_stays_when_a_new_one_fails(tmp_path):
    (tmp_path / 'report.html').write_text('before')
    assert tool(tmp_path, '--out', tmp_path / 'report.html', cwd=tmp_path).returncode == 1
    assert (tmp_path / 'report.html').read_text() == 'before'


@pytest.mark.parametrize(
    'arguments, message',
    [(['--pictures', '-1'], '--pictures -1: expected 0 or more'), (['--out', '.'], '--out . is a folder')],
)
def test_settings_that_cannot_be_are_refused(monkeypatch, capsys, arguments, message):
    monkeypatch.setattr(sys, 'argv', ['report.py', 'run', '--out', 'report.html', *arguments])
    with pytest.raises(SystemExit):
        report.parse_args()
    assert message in capsys.readouterr().err


def test_a_checkpoint_that_is_damaged_or_says_no_classes_is_refused(trained, tmp_path):
    run = report.read_runs([trained])[0]
    run.work_dir = tmp_path
    shutil.copytree(trained, tmp_path, dirs_exist_ok=True)
    checkpoint = torch.load(next(trained.glob('iter_*.pth')), weights_only=False)
    del checkpoint['meta']['dataset_meta']
    torch.save(checkpoint, tmp_path / 'iter_2.pth')
    (tmp_path / 'last_checkpoint').write_text('iter_2.pth')
    with pytest.raises(ValueError, match='iter_2.pth does not say its classes'):
        report.pictures_of(run, 1, 'cpu')
    whole = (tmp_path / 'iter_2.pth').read_bytes()
    (tmp_path / 'iter_2.pth').write_bytes(whole[: len(whole) // 2])
    with pytest.raises(report.NO_PICTURES, match='iter_2.pth'):
        report.pictures_of(run, 1, 'cpu')
