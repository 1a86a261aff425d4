import json
import os
import threading
import time

import pytest

from benchmarks.leaderboard.runs import Run, RunError, Runs, plan, read_rounds, run_all
from benchmarks.leaderboard.task import Task
from tests.helpers.leaderboard import write_config

pytestmark = pytest.mark.usefixtures('scripts')


@pytest.fixture
def runs(folder, tmp_path) -> Runs:
    return Runs(Task(folder), tmp_path / 'runs')


def execute(runs: Runs, *methods: str, processes: int = 2):
    done, said = [], []
    asked = [Run(method, 0) for method in methods]
    ordered, _ = plan(asked, lambda run: False, runs)
    failed = run_all(ordered, runs, processes, lambda run, result: done.append(run.method), said.append)
    return done, failed, said


def calls(runs: Runs, run: Run) -> list[str]:
    return (runs.folder(run) / 'calls.txt').read_text().splitlines()


def test_what_a_run_starts_from_comes_before_it_and_is_named(runs):
    ordered, added = plan([Run('mrnet_stage2', 1), Run('oracle', 1)], lambda run: False, runs)
    assert [run.method for run in ordered] == ['source_only', 'mrnet', 'mrnet_stage2', 'oracle']
    assert added == {Run('mrnet', 1): Run('mrnet_stage2', 1), Run('source_only', 1): Run('mrnet', 1)}


def test_a_run_that_has_its_row_is_left_out(runs):
    ordered, _ = plan([Run('oracle', 0), Run('oracle', 1)], lambda run: run.seed == 0, runs)
    assert ordered == [Run('oracle', 1)]


def test_a_start_with_a_row_but_without_checkpoint_here_is_run_again(runs):
    asked = [Run('source_only', 0), Run('mrnet', 0)]
    ordered, added = plan(asked, lambda run: run.method == 'source_only', runs)
    assert ordered == asked and added == {asked[0]: asked[1]}
    execute(runs, 'source_only')
    assert plan(asked, lambda run: run.method == 'source_only', runs) == ([asked[1]], {})


def test_each_run_is_given_the_seed_and_the_work_dirs_of_its_starts(runs):
    done, failed, _ = execute(runs, 'mrnet_stage2', 'oracle')
    assert sorted(done) == ['mrnet', 'mrnet_stage2', 'oracle', 'source_only'] and not failed
    start = runs.folder(Run('mrnet', 0))
    expected = f'--cfg-options randomness.seed=0 custom_hooks.1.work_dir={start}'
    assert calls(runs, Run('mrnet_stage2', 0)) == [expected]
    assert done.index('source_only') < done.index('mrnet') < done.index('mrnet_stage2')


def test_the_row_of_a_run_says_what_was_measured(runs):
    result = runs.execute(Run('oracle', 3))
    assert (result.task, result.method, result.seed, result.mIoU, result.iterations) == ('small', 'oracle', 3, 62.0, 5)
    assert result.config_hash == runs.task.config_hash('oracle')
    assert 0 < result.cpu_seconds and 0 < result.seconds and 1 < result.peak_mib


def test_a_finished_run_gives_its_row_without_running_again(runs):
    first = runs.execute(Run('oracle', 0))
    assert runs.execute(Run('oracle', 0)) == first
    assert len(calls(runs, Run('oracle', 0))) == 1


def test_a_run_whose_checkpoints_were_deleted_is_run_from_its_beginning(runs):
    runs.execute(Run('oracle', 0))
    for name in ('iter_5.pth', 'last_checkpoint'):
        (runs.folder(Run('oracle', 0)) / name).unlink()
    runs.execute(Run('oracle', 0))
    assert calls(runs, Run('oracle', 0)) == ['--cfg-options randomness.seed=0']


def test_a_half_done_run_is_resumed_and_its_cost_added(runs):
    run = Run('oracle', 0)
    folder = runs.folder(run)
    folder.mkdir(parents=True)
    for name in ('iter_5.pth', 'last_checkpoint'):
        (folder / name).write_text(str(folder / 'iter_5.pth'))
    (folder / 'cost.json').write_text('{"seconds": 1000, "cpu_seconds": 900, "peak_mib": 1000000, "trained": false}')
    result = runs.execute(run)
    assert calls(runs, run) == ['--resume --cfg-options randomness.seed=0']
    assert result.seconds > 1000 and result.cpu_seconds > 900 and result.peak_mib == 1000000


def test_after_a_failure_the_others_go_on_and_what_starts_from_it_is_not_run(folder, tmp_path):
    write_config(folder, 'mrnet', 47, 'source_only', 'fails = True')
    runs = Runs(Task(folder), tmp_path / 'runs')
    done, failed, said = execute(runs, 'mrnet_stage2', 'oracle', processes=1)
    assert done == ['source_only', 'oracle']
    log = runs.folder(Run('mrnet', 0)) / 'output.txt'
    assert failed[Run('mrnet', 0)] == f'failed with status 1, see {log}; its end: no such weights'
    assert 'not run, as mrnet' in failed[Run('mrnet_stage2', 0)]
    assert any(line.startswith('mrnet, seed 0: failed') for line in said)


def test_a_config_that_changes_while_the_program_runs_is_refused(runs, folder):
    write_config(folder, 'oracle', 62, more='randomness = dict(deterministic=True)')
    _, failed, _ = execute(runs, 'oracle')
    assert 'was changed since this program started' in failed[Run('oracle', 0)]


def test_a_variable_that_no_run_reads_may_change_meanwhile(runs, folder):
    (folder / 'oracle.py').write_text((folder / 'oracle.py').read_text() + 'pool = dict(a=1)\n')
    done, failed, _ = execute(runs, 'oracle')
    assert done == ['oracle'] and not failed


def test_a_changed_config_has_another_folder(runs, folder, tmp_path):
    write_config(folder, 'oracle', 62, more='randomness = dict(deterministic=True)')
    changed = Runs(Task(folder), tmp_path / 'runs')
    assert changed.folder(Run('oracle', 0)) != runs.folder(Run('oracle', 0))


def test_mixed_precision_is_handed_on_and_has_another_folder(folder, tmp_path, runs):
    half = Runs(Task(folder, amp=True), tmp_path / 'runs')
    half.execute(Run('oracle', 0))
    assert calls(half, Run('oracle', 0)) == ['--amp --cfg-options randomness.seed=0']
    assert half.folder(Run('oracle', 0)) != runs.folder(Run('oracle', 0))


def test_stopping_ends_the_processes_and_the_run_can_be_resumed(folder, tmp_path):
    write_config(folder, 'oracle', 62, more='is_slow = True')
    runs, run, errors = Runs(Task(folder), tmp_path / 'runs'), Run('oracle', 0), []

    def execute_it() -> None:
        try:
            runs.execute(run)
        except RunError as error:
            errors.append(str(error))

    thread = threading.Thread(target=execute_it)
    thread.start()
    while not (runs.folder(run) / 'last_checkpoint').is_file():
        time.sleep(0.01)
    (child,) = runs._children
    runs.stop()
    thread.join(10)
    assert errors == ['stopped']
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)
    assert json.loads((runs.folder(run) / 'cost.json').read_text())['trained'] is False
    with pytest.raises(RunError, match='stopped'):
        runs.execute(Run('oracle', 1))


def test_rounds_are_read_in_their_order_with_the_labeled_share_of_each_class(tmp_path):
    for index in (0, 2, 10):
        path = tmp_path / f'round_{index}' / 'round.json'
        path.parent.mkdir()
        labels = dict(labeled_pixels=[index, 0], class_pixels=[20, 0])
        path.write_text(json.dumps(dict(labels=labels, evaluation=dict(mIoU=40.0 + index))))
    assert read_rounds(tmp_path) == [
        dict(mIoU=40.0, labeled=[0.0, None]),
        dict(mIoU=42.0, labeled=[0.1, None]),
        dict(mIoU=50.0, labeled=[0.5, None]),
    ]
