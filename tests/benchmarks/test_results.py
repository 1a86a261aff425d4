import pytest

from benchmarks.leaderboard.results import append_result, read_results
from tests.helpers.leaderboard import result


@pytest.fixture
def path(tmp_path):
    path = tmp_path / 'new' / 'results.csv'
    rounds = [dict(mIoU=49.0, labeled=[0.2, None])]
    append_result(path, result(seed=0, iou_per_class={'traffic light, red "x"': 3.5, 'car': None}, rounds=rounds))
    append_result(path, result(seed=1))
    return path


def test_rows_are_read_as_they_were_written(path):
    first, second = read_results(path)
    assert first.rounds == [dict(mIoU=49.0, labeled=[0.2, None])]
    assert first.iou_per_class == {'traffic light, red "x"': 3.5, 'car': None}
    assert second == result(seed=1)


@pytest.mark.parametrize('lost', [1, 5, 60, 100])
def test_a_half_written_row_is_ignored_with_a_warning_and_replaced(path, lost):
    path.write_text(path.read_text()[: -1 - lost])
    with pytest.warns(UserWarning, match='line 3 is not a whole row'):
        assert [each.seed for each in read_results(path)] == [0]
    append_result(path, result(seed=2))
    assert [each.seed for each in read_results(path)] == [0, 2]


def test_a_last_row_without_its_newline_is_kept(path):
    path.write_text(path.read_text().rstrip('\n'))
    append_result(path, result(seed=2))
    assert [each.seed for each in read_results(path)] == [0, 1, 2]


def test_of_a_run_that_is_there_twice_the_last_counts(path):
    append_result(path, result(seed=1, miou=51.0))
    assert [each.mIoU for each in read_results(path)] == [50.0, 51.0]


def test_a_row_of_another_config_is_another_run(path):
    append_result(path, result(seed=1, config_hash='ffff0000'))
    assert len(read_results(path)) == 3


def test_a_file_with_other_columns_is_an_error(path):
    path.write_text('method,mIoU\nmrnet,50\n')
    with pytest.raises(ValueError, match=r'results.csv has the columns method,mIoU, expected task,method,seed'):
        read_results(path)


def test_nothing_is_left_beside_the_file(path):
    assert [each.name for each in path.parent.iterdir()] == ['results.csv']
