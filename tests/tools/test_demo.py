import importlib.util
import sys
from pathlib import Path

import pytest

FILE = Path(__file__).resolve().parents[2] / 'tools' / 'demo.py'
spec = importlib.util.spec_from_file_location('demo', FILE)
demo = importlib.util.module_from_spec(spec)
sys.modules[spec.name] = demo  # dataclasses look their module up
spec.loader.exec_module(demo)


@pytest.mark.parametrize(
    'line, shown',
    [
        (
            '11/20 08:10:18 - mmengine - INFO - Iter(train) [ 20/600]  eta: 0:05:04  time: 0.4  loss: 2.3  a.loss: 1',
            'iteration 20/600, remaining 0:05:04, loss 2.3',
        ),
        ('[>>>>>>   ] 6/64, 0.3 task/s, elapsed: 23s, ETA:   215s', 'pseudo label 6/64, remaining 215s'),
        ('11/20 08:10:18 - mmengine - INFO - Iter(val) [20/32]    eta: 0:00:04', None),
    ],
)
def test_progress_is_read_from_the_log(line, shown):
    assert demo.describe_progress(line) == shown


@pytest.mark.integration
def test_a_failing_step_names_itself_its_log_and_the_end_of_its_output(tmp_path):
    log = tmp_path / 'new' / 'train.txt'
    with pytest.raises(demo.StepError, match='(?s)train X.*train.txt.*no_such_config.py') as error:
        demo.run_tool('train X', 'train.py', [str(tmp_path / 'no_such_config.py')], log)
    assert str(error.value).rstrip().splitlines()[-1] == log.read_text().rstrip().splitlines()[-1]


def test_a_training_without_checkpoint_is_reported(tmp_path):
    with pytest.raises(demo.StepError, match='source only.*no checkpoint'):
        _ = demo.Run('source only', tmp_path / 'config.py', tmp_path).checkpoint
