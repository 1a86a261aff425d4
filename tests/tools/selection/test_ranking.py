import math

import pytest

from tools.selection.ranking import best, correlation, judge, lost


def rows(run: str, scores: list[float | None], truth: list[float]) -> list[dict]:
    return [
        dict(run=run, checkpoint=f'iter_{index}.pth', iteration=index, score=score, mIoU=value)
        for index, (score, value) in enumerate(zip(scores, truth))
    ]


def test_the_best_is_the_first_of_the_highest():
    of_run = rows('a', [1, 3, 3, None, math.nan], [0, 0, 0, 0, 0])
    assert best(of_run, 'score') is of_run[1]
    assert best(of_run, 'other') is None


def test_correlation_is_that_of_ranks():
    assert correlation(rows('a', [1, 10, 100], [30, 31, 60]), 'score') == pytest.approx(1)
    assert correlation(rows('a', [1, 10, 100], [3, 2, 1]), 'score') == pytest.approx(-1)
    assert correlation(rows('a', [1, 2, 3, 4], [1, 3, 2, 4]), 'score') == pytest.approx(0.8)


@pytest.mark.parametrize('scores', [[1, 2], [1, 1, 1], [1, 2, None]])
def test_too_few_and_constant_scores_have_no_correlation(scores):
    assert correlation(rows('a', scores, [1, 2, 3]), 'score') is None


def test_lost_is_the_way_from_the_choice_to_the_best_that_has_the_score():
    assert lost(rows('a', [1, 2, 3], [50, 40, 45]), 'score') == 5
    assert lost(rows('a', [1, 2, None], [30, 40, 90]), 'score') == 0
    assert lost(rows('a', [None], [30]), 'score') is None


def test_runs_are_judged_each_and_together():
    # Within each run the score is right; between the runs it is wrong.
    found = judge([*rows('a', [1, 2, 3], [51, 52, 53]), *rows('b', [11, 12, 13], [1, 2, 3])], 'score')
    assert (found['within'], found['runs'], found['within_lost']) == (pytest.approx(1), 2, 0)
    assert found['across'] < 0 and found['checkpoints'] == 6 and found['across_lost'] == 50
    assert (found['last'], found['last_lost']) == (None, 50)  # two methods have no rank correlation


def test_one_run_is_no_choice_of_methods():
    found = judge(rows('a', [1, 2, 3], [51, 52, 53]), 'score')
    assert (found['last'], found['last_lost']) == (None, None)


def test_methods_are_compared_by_their_last_checkpoints():
    every = [row for index, name in enumerate('abc') for row in rows(name, [9, index], [0, index])]
    assert judge(every, 'score')['last'] == pytest.approx(1)


def test_without_a_score_the_last_checkpoint_is_taken():
    found = judge([*rows('a', [1, 2, 3], [51, 53, 52]), *rows('b', [1, 2, 3], [1, 2, 3])], 'iteration')
    assert found['within_lost'] == pytest.approx(0.5)
