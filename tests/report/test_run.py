"""What is read of a work dir, what is noted, and what is refused."""

import json

import pytest

from mmuda.report.run import read_runs
from tests.helpers.work_dirs import CONFIG, label, write_labels, write_round, write_work_dir


def test_all_parts_of_a_run_are_read(tmp_path):
    write_work_dir(tmp_path / 'run', evaluations=[dict(road=50.0, sky=10.0)])
    for index in (0, 1, 10, 2):
        write_round(tmp_path / 'run', index, [label(0.5)])
    (run,) = read_runs([tmp_path / 'run'])
    assert (run.name, run.notes) == ('run', [])
    assert run.scalars['loss'] == ([20, 40], [2.0, 1.0])
    assert run.class_iou == [dict(road=0.5, sky=0.1)]
    assert [summary['index'] for summary in run.rounds] == [0, 1, 2, 10]
    assert [one.title for one in run.labels] == ['round 0', 'round 1', 'round 2', 'round 10']
    assert 'PyTorch: 2.0.0' in run.environment
    assert run.settings['train_cfg'] == dict(max_iters=40)


def test_generations_of_labels_are_found_in_their_order_and_where_the_config_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = f"{CONFIG}custom_hooks = [dict(type='PseudoLabelHook', store='elsewhere')]\n"
    write_work_dir(tmp_path / 'run', config=config)
    for place in ('run/pseudo_labels/iter_1000', 'run/pseudo_labels/iter_200', 'elsewhere/target'):
        write_labels(tmp_path / place, [label(0.5)])
    (run,) = read_runs(['run'])
    titles = ['pseudo labels, iteration 200', 'pseudo labels, iteration 1000', 'pseudo labels target']
    assert [one.title for one in run.labels] == titles


@pytest.mark.parametrize(
    'make, message',
    [
        (lambda path: None, 'is not there'),
        (lambda path: path.write_text(''), 'is a file'),
        (lambda path: path.mkdir(), 'is empty'),
        (lambda path: (path / 'src').mkdir(parents=True), 'has no folder <date>_<time>.*it has src'),
        (lambda path: write_work_dir(path / 'inner'), 'Its folders inner are such: name these'),
        (lambda path: write_work_dir(path, config="default_scope = 'mmdet'\n"), "default_scope = 'mmdet'"),
    ],
)
def test_a_folder_that_is_no_work_dir_is_refused_with_what_was_expected(tmp_path, make, message):
    make(tmp_path / 'run')
    write_work_dir(tmp_path / 'good')
    with pytest.raises(ValueError, match=rf'run .*{message}') as error:
        read_runs([tmp_path / 'good', tmp_path / 'run'])
    assert 'expected the work dir of a training' in str(error.value)


def test_a_last_line_that_is_half_written_is_left_out(tmp_path):
    work_dir = write_work_dir(tmp_path / 'run', evaluations=[dict(road=50.0)])
    notes, log = next(work_dir.glob('*/vis_data/scalars.json')), next(work_dir.glob('*/*.log'))
    notes.write_text(f'{notes.read_text()}{{"loss": 0.5, "st')
    log.write_text(f'{log.read_text()}{log.read_text()[-150:-60]}')
    (run,) = read_runs([work_dir])
    assert run.scalars['loss'] == ([20, 40], [2.0, 1.0])
    assert (run.class_iou, run.notes) == ([dict(road=0.5)], [])


def test_what_is_damaged_or_missing_is_noted_and_the_rest_is_read(tmp_path):
    work_dir = write_work_dir(tmp_path / 'run')
    for index in range(3):
        write_round(work_dir, index, [label(0.5)])
    (work_dir / 'round_0' / 'round.json').write_text('{"index": 0, "beg')
    (work_dir / 'round_1' / 'pseudo_labels' / '0.png').write_bytes(b'')
    notes = next(work_dir.glob('*/vis_data/scalars.json'))
    notes.write_text('{"loss": 1\n' + notes.read_text())
    (run,) = read_runs([work_dir])
    assert [summary['index'] for summary in run.rounds] == [1, 2]
    assert [one.title for one in run.labels] == ['round 0', 'round 2']
    assert run.scalars == {}
    for wanted, note in zip(['scalars.json, line 1', 'round_0/round.json', 'round 1: '], run.notes, strict=True):
        assert wanted in note


def test_a_run_that_has_just_begun_is_a_run(tmp_path):
    work_dir = write_work_dir(tmp_path / 'run')
    next(work_dir.glob('*/vis_data/scalars.json')).unlink()
    (run,) = read_runs([work_dir])
    assert run.scalars == {} and any('nothing was logged yet' in note for note in run.notes)


def test_labeling_that_has_not_ended_is_noted(tmp_path):
    work_dir = write_work_dir(tmp_path / 'run')
    store = write_labels(work_dir / 'pseudo_labels', [label(0.5)])
    description = json.loads((store.root / 'manifest.json').read_text())['description']
    (store.root / 'manifest.json').write_text(json.dumps(dict(complete=False, description=description)))
    (run,) = read_runs([work_dir])
    assert len(run.labels) == 1 and 'labeling has not ended' in run.notes[0]


def test_a_test_in_the_same_folder_is_no_part_of_the_training(tmp_path):
    work_dir = write_work_dir(tmp_path / 'run', evaluations=[dict(road=50.0)])
    test = write_work_dir(tmp_path / 'test', evaluations=[dict(road=1.0)], config='max_iters = 1\n')
    next(test.glob('*/vis_data/scalars.json')).unlink()
    next(test.iterdir()).rename(work_dir / '20260102_000000')
    (run,) = read_runs([work_dir])
    assert (run.class_iou, run.config) == ([dict(road=0.5)], CONFIG)


def test_runs_have_short_names_that_differ_and_are_read_once(tmp_path):
    for place in ('a/run', 'b/run'):
        write_work_dir(tmp_path / place)
    names = [run.name for run in read_runs([tmp_path / 'a/run', tmp_path / 'b/run', tmp_path / 'a/../a/run'])]
    assert names == ['a/run', 'b/run']


def test_values_that_are_no_numbers_are_left_out(tmp_path):
    work_dir = write_work_dir(tmp_path / 'run', [dict(step=1, loss=1.0, name='x'), dict(step=2, loss=float('nan'))])
    (run,) = read_runs([work_dir])
    assert list(run.scalars) == ['loss'] and run.scalars['loss'][0] == [1, 2]
