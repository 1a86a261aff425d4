import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmseg.registry import MODELS
from PIL import Image

from mmuda.pseudo_labels import PseudoLabelStore
from mmuda.toy_data import write_toy_data
from tools import demo
from tools.demonstration import page, runs
from tools.demonstration.findings import Finding, Pictures
from tools.demonstration.runs import TRAINING_ORDER, Run, StepError, demo_runs


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
    assert runs.describe_progress(line) == shown


@pytest.mark.integration
def test_a_failing_step_names_itself_its_log_and_the_end_of_its_output(tmp_path):
    log = tmp_path / 'new' / 'train.txt'
    with pytest.raises(StepError, match='(?s)train X.*train.txt.*no_such_config.py') as error:
        runs.run_tool('train X', 'train.py', [str(tmp_path / 'no_such_config.py')], log, set())
    assert str(error.value).rstrip().splitlines()[-1] == log.read_text().rstrip().splitlines()[-1]


def test_a_training_without_checkpoint_is_reported(tmp_path):
    with pytest.raises(StepError, match='source only.*no checkpoint'):
        _ = Run('source only', 'source_only', tmp_path).checkpoint


def test_every_training_has_its_config_and_comes_after_that_it_starts_from(tmp_path):
    trainings = demo_runs(tmp_path)
    assert sorted(TRAINING_ORDER) == sorted(trainings)
    for place, title in enumerate(TRAINING_ORDER):
        run = trainings[title]
        assert run.config.is_file()
        assert all(TRAINING_ORDER.index(start.title) < place for start in run.starts)


@pytest.mark.parametrize('title', TRAINING_ORDER)
def test_lengths_are_shares_of_those_of_the_configs(tmp_path, monkeypatch, title):
    monkeypatch.setattr(Run, 'checkpoint', 'start.pth')
    run = demo_runs(tmp_path)[title]
    config, shorter = Config.fromfile(run.config), Config.fromfile(run.config)
    shorter.merge_from_dict({key: value for key, _, value in (one.partition('=') for one in runs.options(run, 0.5))})
    assert int(shorter.train_cfg.max_iters) == config.train_cfg.max_iters // 2
    assert shorter.get('load_from') == ('start.pth' if run.start else None)


def test_a_failing_training_ends_the_others_and_those_that_wait(tmp_path, monkeypatch):
    trainings = demo_runs(tmp_path)
    begun = []

    def train(run: Run, share: float, running: set[subprocess.Popen]) -> None:
        begun.append(run.title)
        if run.title == 'oracle':
            raise StepError('oracle failed')
        process = subprocess.Popen(['sleep', '60'])
        running.add(process)
        assert process.wait() != 0

    monkeypatch.setattr(runs, 'train', train)
    with pytest.raises(StepError, match='oracle failed'):
        runs.train_all([trainings[title] for title in TRAINING_ORDER], 1.0, 2)
    assert begun == ['source only', 'oracle']


def finding(run: Run, iou: float) -> Finding:
    run.work_dir.mkdir(parents=True)
    (run.work_dir / 'cost.json').write_text(json.dumps(dict(seconds=1.0, cpu_seconds=2.0)))
    names = ('road', 'pole', 'traffic light', 'traffic sign', 'person', 'rider', 'motorcycle', 'bicycle')
    return Finding(run, torch.nn.Identity(), dict.fromkeys(names, iou), accuracy=90.0)


def test_methods_have_a_share_of_the_gap_between_control_and_oracle(tmp_path):
    accuracies = [30.0, 40.0, 41.0, 45.0, 50.0, 60.0]
    found = {
        title: finding(run, iou) for (title, run), iou in zip(demo_runs(tmp_path).items(), accuracies, strict=True)
    }
    rows = page.table_rows(found)
    assert [row[2] for row in rows] == ['', '', '', '25 %', '50 %', '']
    assert rows[0] == ('source only', '30.0', '', '30.0', '90.0', '2 s')
    assert rows[-1][0] == 'oracle'


@pytest.fixture(scope='module')
def shown(tmp_path_factory) -> Path:
    """A work dir with pictures and page of runs that never trained, on four images."""
    folder = tmp_path_factory.mktemp('demo')
    write_toy_data(folder / 'data' / 'toy', num_train=4, num_val=1, domains=('gta', 'cityscapes'))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)  # the configs name the data from here
        trainings = demo_runs(folder / 'runs')
        pictures = Pictures(trainings['MRNet'])
        found = {title: finding(run, 10.0 + place) for place, (title, run) in enumerate(trainings.items())}
        model = MODELS.build(Config.fromfile(trainings['MRNet'].config).model).eval()
        for one in found.values():
            one.model = model
            note_training(one.run)
        store = PseudoLabelStore(folder / 'pseudo_labels')
        store.open({})
        for name, truth in zip(pictures.names, pictures.truths):
            store.write(name, dict(label=truth, confidence=np.ones(truth.shape)))
        demo.draw(found, pictures, folder / 'pseudo_labels', folder / 'runs' / 'comparison.png')
        page.write_demo_page(folder / 'runs' / 'demo.html', found, pictures, folder / 'pseudo_labels')
    return folder / 'runs'


def note_training(run: Run) -> None:
    path = run.work_dir / '20260101_000000' / 'vis_data' / 'scalars.json'
    path.parent.mkdir(parents=True)
    path.write_text(f'{json.dumps(dict(loss=1.0, step=5))}\n{json.dumps(dict(mIoU=20.0, step=10))}\n')


def test_both_pictures_are_drawn(shown):
    wide, narrow = (Image.open(shown / name).size[0] for name in ('comparison.png', 'adaptation.png'))
    assert 5 * wide == 8 * narrow  # columns


def test_the_page_has_all_trainings_sliders_and_charts(shown):
    text = (shown / 'demo.html').read_text()
    assert all(f'<td>{title}</td>' in text for title in demo_runs(shown))
    assert text.count('<figure class="slider"') == 8  # of four images each: predictions, pseudo labels
    assert text.count('Plotly.newPlot(') >= 6
    assert (shown / 'demo.html').stat().st_size < 10e6
