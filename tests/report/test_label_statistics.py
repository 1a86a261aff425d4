import numpy as np
import pytest

from mmuda.report.label_statistics import compare, evenly, read_statistics
from tests.helpers.work_dirs import label, write_labels


def test_coverage_shares_and_confidences_are_those_of_the_labels(tmp_path):
    write_labels(tmp_path / 'store', [label(0.4, 0.1), label(0.2, 0.0, 0.1)], confidence=0.6)
    found = read_statistics(tmp_path / 'store', 'round 0')
    assert found.coverage == pytest.approx(0.4)
    assert found.shares == pytest.approx(dict(road=0.75, sky=0.125, car=0.125))
    assert found.confidences.sum(1).tolist() == [1200, 800]
    assert np.flatnonzero(found.confidences.sum(0)).tolist() == [round(0.6 * 255)]
    assert found.complete and not found.labels_all


def test_pixels_that_the_run_counted_of_all_images_come_before_those_of_the_sample(tmp_path):
    write_labels(tmp_path / 'store', [label(1.0)] * 3, labeled_pixels=[1, 1, 2])
    found = read_statistics(tmp_path / 'store', '', sample=1)
    assert found.shares == dict(road=0.25, sky=0.25, car=0.5)
    assert found.images == ('1.png',) and found.pixels == 1000


@pytest.mark.parametrize(
    'labeler, labels_all',
    [
        (dict(type='ConfidenceLabeler', threshold=None), True),
        (dict(type='ConfidenceLabeler', threshold=0.5), False),
        (dict(type='ClassBalancedLabeler', portion=0.2), False),
        (dict(type='ClassBalancedLabeler', portion=1.0), True),
        (dict(type='MajorityLabeler'), True),
        (dict(type='NegativePassLabeler', positive=dict(threshold=0.9)), False),
    ],
)
def test_a_labeler_that_leaves_out_nothing_is_known(tmp_path, labeler, labels_all):
    write_labels(tmp_path / 'store', [label(1.0)], labeler=labeler)
    assert read_statistics(tmp_path / 'store', '').labels_all is labels_all


def test_agreement_is_of_pixels_labeled_twice_and_change_of_all(tmp_path):
    one, other = np.full((1, 10), 255, np.uint8), np.full((1, 10), 255, np.uint8)
    one[0, :6] = [0, 0, 0, 1, 1, 1]
    other[0, :4] = [0, 0, 1, 1]
    write_labels(tmp_path / 'a', [one])
    write_labels(tmp_path / 'b', [other])
    before, after = (read_statistics(tmp_path / name, name) for name in 'ab')
    assert compare(before, after) == (0.75, 0.7)
    assert compare(after, before) == (0.75, 0.7)


def test_labels_of_other_images_or_sizes_are_not_compared(tmp_path):
    write_labels(tmp_path / 'a', [label(1.0)])
    write_labels(tmp_path / 'b', [label(1.0, size=(10, 10))])
    before, after = (read_statistics(tmp_path / name, name) for name in 'ab')
    with pytest.raises(ValueError, match=r'0.png.*\(20, 50\) \(a\), \(10, 10\) \(b\)'):
        compare(before, after)
    (tmp_path / 'b' / '0.png').rename(tmp_path / 'b' / '7.png')
    (tmp_path / 'b' / 'confidence' / '0.png').rename(tmp_path / 'b' / 'confidence' / '7.png')
    assert compare(before, read_statistics(tmp_path / 'b', 'b')) is None


def test_what_is_no_store_or_has_no_label_yet_is_refused(tmp_path):
    with pytest.raises(ValueError, match='manifest.json'):
        read_statistics(tmp_path, '')
    write_labels(tmp_path / 'store', [])
    with pytest.raises(ValueError, match='no image is labeled yet'):
        read_statistics(tmp_path / 'store', '')


def test_a_damaged_label_is_named(tmp_path):
    write_labels(tmp_path / 'store', [label(1.0)])
    (tmp_path / 'store' / '0.png').write_bytes(b'no image')
    with pytest.raises(OSError, match='0.png is damaged'):
        read_statistics(tmp_path / 'store', '')


def test_a_sample_lies_evenly_among_all():
    assert evenly(range(10), 2) == [2, 7]
    assert evenly(range(3), 5) == [0, 1, 2]
    assert evenly(range(5), 0) == evenly([], 3) == []
