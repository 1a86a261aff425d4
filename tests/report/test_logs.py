import math

from mmuda.report.logs import read_class_iou, read_environment
from tests.helpers.work_dirs import ENVIRONMENT, class_table


def test_the_environment_is_there_without_flags_of_the_compiler():
    text = read_environment(f'before\n{ENVIRONMENT}after\n')
    assert text.startswith('System environment:') and text.endswith('    seed: 0')
    assert 'MMEngine: 0.10.7' in text and 'GCC' not in text and 'Build settings' not in text


def test_a_log_that_ends_in_it_has_no_environment():
    assert read_environment(ENVIRONMENT[:150]) is None


def test_the_iou_of_each_evaluation_is_read_and_a_table_that_is_cut_off_is_not():
    first, last = dict(road=90.0, sky='nan'), dict(road=95.5, sky=10.0)
    text = class_table(first) + class_table(last)
    found = read_class_iou(text)
    assert found[1] == dict(road=0.955, sky=0.1)
    assert found[0]['road'] == 0.9 and math.isnan(found[0]['sky'])
    assert [one['road'] for one in read_class_iou(text[:-60])] == [0.9]
