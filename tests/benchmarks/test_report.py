import pytest
from PIL import Image

from benchmarks.leaderboard.report import current_scores, gap_closed, page, write_report
from benchmarks.leaderboard.task import Task
from tests.helpers.leaderboard import result

MIOU = dict(
    source_only=(40.0, 41.0),
    source_continued=(42.0, 44.0),
    mrnet=(47.0, 49.0),
    mrnet_stage2=(41.0, 54.0),
    oracle=(62.0, 64.0),
)


@pytest.fixture
def task(folder) -> Task:
    return Task(folder)


@pytest.fixture
def results(task):
    """Both seeds of every row."""
    return [
        result(method, seed, value, config_hash=task.config_hash(method))
        for method, values in MIOU.items()
        for seed, value in enumerate(values)
    ]


def rows_of(task, results, seeds=(0, 1)) -> dict[str, list[str]]:
    """First table of the page: cells by title."""
    scores, _ = current_scores(task, results)
    text = page(task, scores, seeds, [], 'results.csv')
    lines = text[text.index('| method') :].partition('\n\n')[0].splitlines()
    table = [[cell.strip() for cell in line.strip('|').split('|')] for line in lines]
    return {row[0]: row[1:] for row in table}


@pytest.mark.parametrize('values, share', [((47, 42, 62), 0.25), ((40, 42, 62), -0.1), ((47, 42, 42), None)])
def test_share_of_the_gap(values, share):
    assert gap_closed(*values) == share


def test_the_table_has_mean_spread_share_seeds_and_cost(task, results):
    rows = rows_of(task, results)
    columns = 'mIoU, spread, gap closed, seed 0, seed 1, iterations, CPU seconds, peak MiB'
    assert rows['method'] == columns.split(', ')
    assert rows['mrnet'] == ['48.00', '1.41', '25 %', '47.00 (25 %)', '49.00 (25 %)', '5', '10', '700']
    assert rows['mrnet stage2'][2:5] == ['22 %', '41.00 (-5 %)', '54.00 (50 %)']
    assert rows['source only, trained on'][:5] == ['43.00', '1.41', '-', '42.00', '44.00']
    assert list(rows)[-1].startswith('oracle')


def test_a_missing_seed_is_shown_and_the_mean_says_so(task, results):
    rows = rows_of(task, [each for each in results if (each.method, each.seed) != ('mrnet', 0)])
    assert rows['mrnet'][:5] == ['49.00 (1 of 2 seeds)', '-', '25 % (1 of 2 seeds)', '-', '49.00 (25 %)']


def test_a_missing_reference_leaves_out_the_share_of_its_seed(task, results):
    rows = rows_of(task, [each for each in results if (each.method, each.seed) != ('oracle', 1)])
    assert rows['mrnet'][2:5] == ['25 % (1 of 2 seeds)', '47.00 (25 %)', '49.00']


def test_rows_of_another_config_are_not_shown_and_it_is_said(task, results):
    old = [result('mrnet', seed, 1.0, config_hash='ffff0000') for seed in (0, 1, 2)]
    scores, notes = current_scores(task, [*old, *results])
    assert notes == ['Rows of other configs than the present ones are not shown: mrnet 3.']
    assert [scores['mrnet'][seed].mIoU for seed in (0, 1)] == [47.0, 49.0]


def test_page_and_plot_are_written_beside_the_results(task, results, tmp_path):
    notes = write_report(task, results, [0, 1, 2], tmp_path / 'results.csv')
    assert 'Missing: 5 of 15 runs.' in notes
    text = (tmp_path / 'small.md').read_text()
    assert '--seeds 0 1 2' in text and '![mIoU of each method](small.png)' in text
    assert '| mrnet (2 of 3 seeds) | 49.0 | 47.0 |' in text
    with Image.open(tmp_path / 'small.png') as image:
        assert image.width > 500


def test_without_any_result_nothing_is_written(task, tmp_path):
    notes = write_report(task, [result(task='other')], [0], tmp_path / 'results.csv')
    assert 'nothing was written' in notes[-1]
    assert list(tmp_path.glob('small.*')) == []


def test_without_an_oracle_the_share_is_left_out_and_it_is_said(folder, tmp_path, results):
    (folder / 'oracle.py').unlink()
    task = Task(folder)
    notes = write_report(task, results, [0, 1], tmp_path / 'results.csv')
    assert any('`oracle`: the share of the gap is left out' in note for note in notes)
    assert 'gap closed' not in rows_of(task, results)['method']


def test_rounds_of_self_training_have_tables(task, results):
    turns = [dict(mIoU=45.0, labeled=[0.2, 0.1]), dict(mIoU=47.0, labeled=[0.4, None])]
    results = [each for each in results if each.method != 'mrnet']
    results.append(result('mrnet', 0, config_hash=task.config_hash('mrnet'), rounds=turns))
    scores, _ = current_scores(task, results)
    text = page(task, scores, [0, 1], [], 'results.csv')
    assert '| mIoU after | round 0 | round 1 |' in text and '| mrnet (1 of 2 seeds) | 45.00 | 47.00 |' in text
    assert '| labeled, last round | road | car |' in text and '| mrnet (1 of 2 seeds) | 0.40 | - |' in text


def test_a_row_whose_config_is_broken_is_missing_and_it_is_said(folder, results):
    (folder / 'mrnet.py').write_text('model = (')
    scores, notes = current_scores(Task(folder), results)
    assert not scores['mrnet'] and len(scores['oracle']) == 2
    assert notes[0].startswith('mrnet is not shown: ') and 'mrnet.py cannot be read' in notes[0]
