from mmuda.report.sections import POINTS, number, thin


def test_long_curves_are_means_of_neighbors_and_short_ones_are_as_they_are():
    assert thin([1, 2, 3], [0.5, 1.5, 2.5]) == ([1, 2, 3], [0.5, 1.5, 2.5])
    assert thin([1, 2, 3, 4, 5], [1.0, 3.0, 5.0, 7.0, 10.0], most=3) == ([2, 4, 5], [2.0, 6.0, 10.0])
    places, values = thin(range(100_001), [1.0] * 100_001)
    assert len(places) <= POINTS and places[-1] == 100_000 and set(values) == {1.0}


def test_a_number_that_is_not_there_is_no_text():
    assert (number(None, '.2f'), number(0.125, '.2f')) == ('', '0.12')
