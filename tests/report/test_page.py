import pytest

from mmuda.report import page
from mmuda.report.pictures import WIDTH
from mmuda.report.run import read_runs
from tests.helpers.reports import RUNS, write_full_report
from tests.helpers.work_dirs import CONFIG, label, write_round, write_work_dir

SECTIONS = (
    'Runs Alarms Training Classes Rounds Pseudo_labels Agreement Predictions Pictures_of_target Environment_and_config'
)


@pytest.fixture(scope='module')
def text(tmp_path_factory) -> str:
    return write_full_report(tmp_path_factory.mktemp('report')).read_text()


def test_all_sections_are_there_in_their_order(text):
    places = [text.index(f'<h2>{name.replace("_", " ")}') for name in SECTIONS.split()]
    assert places == sorted(places)


def test_every_run_has_its_row_curve_and_config(text):
    for name in RUNS:
        assert f'<td>{name}</td>' in text and f'<summary>{name}: config</summary>' in text
    assert 'label_free\\u002fentropy' in text  # as plotly writes it
    assert text.count('Plotly.newPlot') >= 20
    assert text.count('<figure class="slider"') == 6


def test_a_page_of_three_long_runs_with_large_pictures_stays_small(tmp_path):
    path = write_full_report(tmp_path, points=2000, images=4, size=(WIDTH // 2, WIDTH))
    assert path.stat().st_size < 10e6


def test_alarms_and_notes_are_on_the_page_with_the_run_that_they_are_of(tmp_path):
    write_work_dir(tmp_path / 'run')
    write_round(tmp_path / 'run', 0, [label(1.0)])
    (tmp_path / 'run' / 'round_0' / 'round.json').write_text('{')
    text = page.write_report(tmp_path / 'page.html', read_runs([tmp_path / 'run'])).read_text()
    assert '<td>coverage at 1, class collapse</td>' in text
    assert '<dt>coverage at 1</dt>' in text and 'run: round 0: 100 % of the pixels' in text
    assert '<h2>Notes</h2>' in text and 'round_0/round.json is left out' in text


def test_a_run_without_signs_says_so_and_has_only_sections_with_something_in_them(tmp_path):
    write_work_dir(tmp_path / 'run')
    text = page.write_report(tmp_path / 'page.html', read_runs([tmp_path / 'run'])).read_text()
    assert page.NO_ALARM in text
    for absent in ('Notes', 'Classes', 'Rounds', 'Pseudo labels', 'Agreement', 'Predictions'):
        assert f'<h2>{absent}</h2>' not in text


def test_settings_that_differ_are_named_down_to_their_place_in_lists():
    one = dict(lr=0.1, model=dict(objectives=[dict(type='A'), dict(type='B', begin=3)], classes=['x', 'y']))
    other = dict(lr=0.1, model=dict(objectives=[dict(type='A'), dict(type='C')], classes=['x']))
    assert page.different_settings(dict(one=one, other=other)) == [
        ['model.classes', "['x', 'y']", "['x']"],
        ['model.objectives.1.begin', '3', ''],
        ['model.objectives.1.type', "'B'", "'C'"],
    ]


def test_the_best_evaluation_and_the_last_are_told_apart(tmp_path):
    scalars = [dict(mIoU=30.0, step=10), dict(mIoU=20.0, step=20), dict(loss=0.5, step=25)]
    write_work_dir(tmp_path / 'run', scalars, config=CONFIG)
    text = page.write_report(tmp_path / 'page.html', read_runs([tmp_path / 'run'])).read_text()
    row = ''.join(f'<td>{cell}</td>' for cell in ('run', '25', '0.5', '20.00', '30.00 at 10', '', 'none'))
    assert row in text
