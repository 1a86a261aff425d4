import json
import sys
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmseg.registry import MODELS

from benchmarks.adaptation import main
from tests.helpers.leaderboard import write_config
from tests.helpers.tiny import REPO, TINY, make_data, run_tool, shrink_data


def board(folder: Path, *arguments: str) -> int:
    results, root = folder.parent / 'results.csv', folder.parent / 'runs'
    return main(['--task', str(folder), '--results', str(results), '--root', str(root), '--seeds', '0', *arguments])


@pytest.mark.usefixtures('scripts')
def test_a_second_call_runs_what_is_missing_and_the_report_runs_nothing(folder, capsys):
    assert board(folder, '--methods', 'mrnet') == 0
    said = capsys.readouterr().out
    assert 'source_only, seed 0, which was not asked for, is run too: mrnet starts from it' in said
    assert board(folder) == 0
    said = capsys.readouterr().out
    assert '3 to run, 2 of 5 have their row' in said
    assert '| mrnet | 47.00 | - | 25 % |' in (folder.parent / 'small.md').read_text()
    write_config(folder, 'more', 50)
    assert board(folder, '--report') == 0
    assert 'Missing: 1 of 6 runs.' in capsys.readouterr().out


@pytest.mark.usefixtures('scripts')
def test_a_failed_run_gives_exit_code_1_and_the_page_has_the_others(folder, capsys):
    write_config(folder, 'mrnet', 47, 'source_only', 'fails = True')
    assert board(folder, '--methods', 'mrnet', 'oracle') == 1
    assert '1 of 3 failed: mrnet 0' in capsys.readouterr().out
    assert '| mrnet | - |' in (folder.parent / 'small.md').read_text()


@pytest.mark.usefixtures('scripts')
def test_a_broken_config_gives_exit_code_1_and_the_others_are_run(folder, capsys):
    (folder / 'mrnet.py').write_text('model = (')
    assert board(folder) == 1
    said = capsys.readouterr().out
    assert 'mrnet_stage2: ' in said and '3 to run' in said and '| oracle' in (folder.parent / 'small.md').read_text()


def test_an_unknown_method_is_an_error_that_names_those_there_are(folder, capsys):
    assert board(folder, '--methods', 'mrnett') == 1
    assert 'has no row mrnett; it has: source_only, source_continued, mrnet' in capsys.readouterr().err


@pytest.mark.integration
def test_a_checkpoint_is_tested_on_the_validation_images_of_the_target(tmp_path):
    cfg = Config.fromfile(REPO / 'configs' / 'toy' / 'source_only.py')
    cfg.merge_from_dict(TINY)
    shrink_data(cfg, make_data(tmp_path))
    cfg.dump(tmp_path / 'config.py')
    state = MODELS.build(cfg.model).state_dict()
    torch.save(dict(meta=dict(iter=7), state_dict=state), tmp_path / 'iter_7.pth')
    script, out = REPO / 'benchmarks' / 'leaderboard' / 'evaluate.py', tmp_path / 'measured.json'
    folder = tmp_path / 'evaluation'
    arguments = [tmp_path / 'config.py', tmp_path / 'iter_7.pth', '--work-dir', folder, '--out', out]
    done = run_tool(sys.executable, script, *arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    measured = json.loads(out.read_text())
    assert (measured['device'], measured['iterations'], len(measured['iou_per_class'])) == ('cpu', 7, 19)
    known = [value for value in measured['iou_per_class'].values() if value is not None]
    assert measured['mIoU'] == pytest.approx(sum(known) / len(known), abs=0.02)
