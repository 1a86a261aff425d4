"""Rounds whose labels come from several teachers: from their checkpoints to the student."""

import gc
import json
import multiprocessing
import os
import shutil
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmseg.registry import HOOKS
from PIL import Image

from mmuda.engine.self_training import SelfTrainingLoop, labeling
from mmuda.pseudo_labels import (
    ChannelWiseLabeler,
    LabelPlanes,
    LogitMapPredictor,
    MajorityLabeler,
    PseudoLabelStore,
)
from mmuda.pseudo_labels.ensemble.teacher_predictions import TeacherPredictions
from mmuda.pseudo_labels.ensemble.teachers import Teacher
from tests.helpers.ensemble import CLASSES, ensemble_config, make_teachers
from tests.helpers.tiny import Killed, add_hook, assert_same, hook_of, load, make_data, train
from tests.helpers.two_ranks import run_on_two_ranks

pytestmark = pytest.mark.integration

NUM_TARGET = 4


@HOOKS.register_module()
class WatchStudent(Hook):
    """Remember the learning rates, the domains of the crops, and how many teachers are in memory."""

    def __init__(self) -> None:
        self.rates, self.domains, self.teachers = [], set(), 0

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: dict | None = None) -> None:
        self.rates.append(runner.optim_wrapper.param_groups[0]['lr'])
        self.domains |= {sample.domain for sample in data_batch['data_samples']['pool']}
        gc.collect()
        self.teachers = sum(isinstance(thing, Teacher) for thing in gc.get_objects())


@pytest.fixture(scope='module')
def data(tmp_path_factory) -> Path:
    return make_data(tmp_path_factory.mktemp('data'))


@pytest.fixture(scope='module')
def teachers(tmp_path_factory) -> list[dict]:
    return make_teachers(tmp_path_factory.mktemp('teachers'))


@pytest.fixture(scope='module')
def run(data, teachers, tmp_path_factory) -> Runner:
    """From the teachers to the student."""
    cfg = ensemble_config(data, tmp_path_factory.mktemp('run'), teachers, log_level='INFO')
    return train(add_hook(cfg, type='WatchStudent'))


def labels(work_dir: Path | str) -> dict[str, np.ndarray]:
    folder = Path(work_dir, 'pseudo_labels')
    return {
        str(path.relative_to(folder)): np.array(Image.open(path))
        for path in sorted(folder.rglob('*.png'))
        if 'confidence' not in path.parts
    }


def assert_equal_labels(got: Path | str, want: Path | str) -> None:
    first, second = labels(got), labels(want)
    assert list(first) == list(second)
    for name, label in first.items():
        np.testing.assert_array_equal(label, second[name])


def summary(work_dir: Path | str) -> dict[str, Any]:
    return json.loads(Path(work_dir, 'round_0', 'round.json').read_text())


def test_student_learns_from_the_target_alone(run):
    assert run.iter == 2 and hook_of(run, 'WatchStudent').domains == {'target'}
    assert all(value.isfinite().all() for value in run.model.state_dict().values())


def test_labels_are_the_fusion_of_what_the_teachers_say(run):
    found = labels(run.work_dir)
    assert len(found) == NUM_TARGET
    assert any((label != 255).any() for label in found.values())
    assert len({int(c) for label in found.values() for c in np.unique(label)}) > 2


def test_fused_labels_can_be_looked_at(data, teachers, run, tmp_path):
    train(ensemble_config(data, tmp_path / 'run', teachers, train_cfg__labels__pictures=True))
    found, plain = labels(tmp_path / 'run'), labels(run.work_dir)
    names = {name.removesuffix('.png') for name in plain}
    assert set(found) == {f'{name}{kind}.png' for name in names for kind in ('', '_color', '_heatmap')}
    for name in names:  # with a palette, the pixels are still the labels
        np.testing.assert_array_equal(found[f'{name}.png'], plain[f'{name}.png'])
        np.testing.assert_array_equal(found[f'{name}_color.png'], plain[f'{name}.png'])


def test_summary_has_the_teachers_of_classes_and_the_teachers(run):
    found = summary(run.work_dir)
    assert len(found['labels']['teacher_of_class']) == 19 and set(found['labels']['teacher_of_class']) <= {0, 1}
    assert sum(found['labels']['labeled_pixels']) == sum(
        int((label != 255).sum()) for label in labels(run.work_dir).values()
    )
    assert [teacher['classes'] for teacher in found['weights']][0] == list(CLASSES)
    assert found['num_source'] == 0


def test_log_says_which_classes_each_teacher_is_asked_about(teachers, run):
    log = next(Path(run.work_dir).glob('*/*.log')).read_text()
    owners = summary(run.work_dir)['labels']['teacher_of_class']
    for index, teacher in enumerate(teachers):
        own = [name for name, owner in zip(CLASSES, owners) if owner == index]
        assert f'Teacher {teacher["name"]}: asked about {len(own)} of {len(CLASSES)} classes {own}' in log


def test_manifest_ties_the_labels_to_every_teacher(run):
    description = PseudoLabelStore(Path(run.work_dir, 'pseudo_labels')).manifest()['description']
    weights = summary(run.work_dir)['weights']
    assert [description[f'teacher {index}']['weights'] for index in range(2)] == [one['weights'] for one in weights]
    assert description['teacher 1']['model']['backbone']['type'] == 'DeepLabResNet'


def test_learning_rate_decays_inside_the_round(run):
    assert hook_of(run, 'WatchStudent').rates == pytest.approx([0.01, 0.01 * 0.5**0.9])


def test_teachers_are_gone_when_the_student_trains(run):
    assert hook_of(run, 'WatchStudent').teachers == 0


def test_small_maps_are_deleted(run):
    assert not list(Path(run.work_dir).rglob('*.npz'))


def test_each_network_runs_once_per_image_with_kept_maps_and_twice_without(data, teachers, run, tmp_path, monkeypatch):
    calls = []
    original = LogitMapPredictor.encode
    monkeypatch.setattr(LogitMapPredictor, 'encode', lambda *args: calls.append(1) or original(*args))
    train(ensemble_config(data, tmp_path / 'kept', teachers))
    assert len(calls) == 2 * NUM_TARGET
    train(ensemble_config(data, tmp_path / 'twice', teachers, train_cfg__labels__keep_cached_logits=False))
    assert len(calls) == (2 + 4) * NUM_TARGET
    assert_equal_labels(tmp_path / 'kept', run.work_dir)
    assert_equal_labels(tmp_path / 'twice', run.work_dir)


@pytest.mark.parametrize(
    'labeler',
    [
        dict(type='MajorityLabeler'),
        dict(type='MeanCertaintyLabeler', threshold=6),
        dict(
            type='ChannelWiseLabeler',
            teacher_of_class={
                name: 'two' if index < 9 or name in ('terrain', 'truck', 'train') else 'plain'
                for index, name in enumerate(CLASSES)
            },
            threshold=6,
        ),
    ],
    ids=['majority', 'certainty', 'named teachers'],
)
def test_every_policy_runs(data, teachers, tmp_path, labeler):
    cfg = ensemble_config(data, tmp_path, teachers)
    cfg.train_cfg.labels.labeler = labeler
    assert train(cfg).iter == 2
    assert sum(summary(tmp_path)['labels']['labeled_pixels']) > 0


def count_calls(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str) -> list:
    calls = []
    original = getattr(owner, name)
    monkeypatch.setattr(owner, name, lambda *args: calls.append(1) or original(*args))
    return calls


class TestLaterRounds:
    def test_labels_and_teachers_are_those_of_the_first(self, data, teachers, run, tmp_path, monkeypatch):
        written = count_calls(monkeypatch, PseudoLabelStore, 'write')
        loaded = count_calls(monkeypatch, labeling, 'load_teachers')
        cfg = ensemble_config(data, tmp_path, teachers)
        cfg.train_cfg.num_rounds = 2
        loop = train(cfg).train_loop
        assert (len(written), len(loaded)) == (NUM_TARGET, 1)
        assert loop.summaries[1]['weights'] == loop.summaries[0]['weights']
        assert_equal_labels(tmp_path, run.work_dir)

    def test_resumed_run_needs_no_teacher(self, data, teachers, tmp_path):
        cfg = add_hook(ensemble_config(data, tmp_path, teachers), type='KillAt', iteration=2)
        cfg.train_cfg.num_rounds = 2
        with pytest.raises(Killed):
            train(cfg)
        without = [dict(teacher, work_dir='missing') for teacher in teachers]
        cfg = ensemble_config(data, tmp_path, without, resume=True)
        cfg.train_cfg.num_rounds = 2
        assert train(cfg).iter == 4


class TestStore:
    def test_students_share_labels(self, data, teachers, tmp_path, monkeypatch):
        options = dict(train_cfg__labels__store=str(tmp_path / 'labels'))
        train(ensemble_config(data, tmp_path / 'a', teachers, **options))
        monkeypatch.setattr(PseudoLabelStore, 'write', lambda *_: pytest.fail('labeled again'))
        train(ensemble_config(data, tmp_path / 'b', teachers, **options))
        assert summary(tmp_path / 'a')['labels'] == summary(tmp_path / 'b')['labels']

    def test_labels_of_other_teachers_are_refused(self, data, teachers, tmp_path):
        options = dict(train_cfg__labels__store=str(tmp_path / 'labels'))
        train(ensemble_config(data, tmp_path / 'a', teachers, **options))
        with pytest.raises(ValueError, match=r'holds other pseudo labels: .*teacher 0\.name is .two., expected .plain'):
            train(ensemble_config(data, tmp_path / 'b', teachers[::-1], **options))

    def test_resuming_needs_no_teacher(self, data, teachers, run, tmp_path):
        cfg = add_hook(ensemble_config(data, tmp_path / 'run', teachers), type='KillAt', iteration=1)
        with pytest.raises(Killed):
            train(cfg)
        without = [dict(teacher, work_dir='missing') for teacher in teachers]
        assert_same(
            train(ensemble_config(data, tmp_path / 'run', without, resume=True)).model.state_dict(),
            run.model.state_dict(),
        )

    def test_changed_teacher_is_noticed_when_resuming(self, data, teachers, tmp_path):
        cfg = add_hook(ensemble_config(data, tmp_path, teachers), type='KillAt', iteration=1)
        with pytest.raises(Killed):
            train(cfg)
        other = [teachers[0], dict(teachers[1], predictor=dict(type='LogitMapPredictor', scale=0.5))]
        with pytest.raises(ValueError, match=r'cannot resume: .*teacher 1\.predictor'):
            train(ensemble_config(data, tmp_path, other, resume=True))

    def test_more_or_fewer_teachers_are_noticed_when_resuming(self, data, teachers, tmp_path):
        cfg = add_hook(ensemble_config(data, tmp_path, teachers), type='KillAt', iteration=1)
        with pytest.raises(Killed):
            train(cfg)
        third = dict(teachers[0], name='three')
        for other, names in ((teachers[:1], 'two'), ([*teachers, third], 'two, plain, three')):
            with pytest.raises(ValueError, match=rf'made by 2 teachers, but .*teachers has {len(other)} \({names}\)'):
                train(ensemble_config(data, tmp_path, other, resume=True))

    def test_labels_of_more_teachers_are_noticed_when_resuming(self, data, teachers, tmp_path):
        options = dict(train_cfg__labels__store=str(tmp_path / 'labels'))
        cfg = add_hook(ensemble_config(data, tmp_path / 'a', teachers[:1], **options), type='KillAt', iteration=1)
        with pytest.raises(Killed):
            train(cfg)
        PseudoLabelStore(tmp_path / 'labels').delete()
        train(ensemble_config(data, tmp_path / 'b', teachers, **options))
        with pytest.raises(ValueError, match='cannot resume: .*teacher 1 is .*, expected None'):
            train(ensemble_config(data, tmp_path / 'a', teachers[:1], resume=True, **options))


class TestStoredCertainties:
    def options(self, tmp_path: Path, run: Runner, **labeler: Any) -> dict[str, Any]:
        labeler = (
            dict(
                type='ChannelWiseLabeler',
                teacher_of_class=summary(run.work_dir)['labels']['teacher_of_class'],
                window=5,
                threshold=6,
            )
            | labeler
        )
        return dict(train_cfg__labels__class_certainties=str(tmp_path / 'planes'), train_cfg__labels__labeler=labeler)

    def test_other_labels_are_made_without_a_network(self, data, teachers, run, tmp_path, monkeypatch):
        train(ensemble_config(data, tmp_path / 'a', teachers, **self.options(tmp_path, run, window=3)))
        assert len(list((tmp_path / 'planes').rglob('*.npz'))) == NUM_TARGET
        monkeypatch.setattr(LogitMapPredictor, 'encode', lambda *_: pytest.fail('ran a network'))
        train(ensemble_config(data, tmp_path / 'b', teachers, **self.options(tmp_path, run)))
        assert_equal_labels(tmp_path / 'b', run.work_dir)

    def test_certainties_of_other_teachers_are_refused(self, data, teachers, run, tmp_path):
        train(ensemble_config(data, tmp_path / 'a', teachers, **self.options(tmp_path, run)))
        with pytest.raises(ValueError, match='planes holds other pseudo labels: teacher_of_class is'):
            train(
                ensemble_config(
                    data, tmp_path / 'b', teachers, **self.options(tmp_path, run, teacher_of_class=[0] * 19)
                )
            )

    def test_teachers_of_classes_must_be_known(self, data, teachers, run, tmp_path):
        with pytest.raises(
            ValueError, match='ChannelWiseLabeler does not know the teachers before it labels: give `teacher_of_class`'
        ):
            train(ensemble_config(data, tmp_path / 'a', teachers, **self.options(tmp_path, run, teacher_of_class=None)))


class TestFiles:
    """The same labels from files of the teachers, in the published layout."""

    @pytest.fixture(scope='class')
    def files(self, data, teachers, run, tmp_path_factory) -> list[dict]:
        folder = tmp_path_factory.mktemp('files')
        seen: list[tuple[str, TeacherPredictions]] = []
        patch = pytest.MonkeyPatch()
        original = PseudoLabelStore.write
        patch.setattr(MajorityLabeler, 'reads_certainties', True)
        patch.setattr(
            MajorityLabeler,
            '__call__',
            lambda _, predictions: (
                seen.append(predictions),
                LabelPlanes(predictions.labels[0], torch.ones(predictions.labels[0].shape)),
            )[1],
        )
        names: list[str] = []
        patch.setattr(
            PseudoLabelStore, 'write', lambda store, name, *args: names.append(name) or original(store, name, *args)
        )
        cfg = ensemble_config(data, folder / 'run', teachers)
        cfg.train_cfg.labels.labeler = dict(type='MajorityLabeler')
        train(cfg)
        patch.undo()
        for index in range(2):
            for kind in ('labels', 'certainties'):
                (folder / f'{kind}{index}').mkdir()
            for name, predictions in zip(names, seen):
                stem = Path(name).stem
                Image.fromarray(predictions.labels[index].numpy()).save(folder / f'labels{index}' / f'{stem}.png')
                certainties = predictions.certainties[index].permute(1, 2, 0).numpy()
                np.save(folder / f'certainties{index}' / f'{stem}.npy', certainties)
        return [
            dict(labels=str(folder / f'labels{index}'), certainties=str(folder / f'certainties{index}'))
            for index in range(2)
        ]

    def test_labels_are_those_of_the_models(self, data, files, run, tmp_path):
        train(ensemble_config(data, tmp_path, files))
        assert_equal_labels(tmp_path, run.work_dir)

    def test_models_and_files_can_be_mixed(self, data, files, teachers, run, tmp_path):
        train(ensemble_config(data, tmp_path, [teachers[0], files[1]]))
        assert_equal_labels(tmp_path, run.work_dir)

    def test_missing_file_is_noticed_before_anything_is_written(self, data, files, teachers, tmp_path):
        copy = dict(files[0], labels=str(shutil.copytree(files[0]['labels'], tmp_path / 'labels')))
        next((tmp_path / 'labels').iterdir()).unlink()
        with pytest.raises(FileNotFoundError, match="teacher 'labels': labels of 1 of 4 images are missing"):
            train(ensemble_config(data, tmp_path / 'run', [copy, teachers[1]]))
        assert not (tmp_path / 'run' / 'pseudo_labels').exists()


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def train_until(cfg: Config, owner: type, method: str, call: int) -> None:
    """Train, and die when a method is called for the n-th time."""
    original = getattr(owner, method)
    calls = []

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        if len(calls) == call:
            die()
        return original(*args, **kwargs)

    setattr(owner, method, wrapper)
    train(cfg)


KILLS: dict[str, tuple[type, str, int]] = {
    'while finding the teachers of classes': (ChannelWiseLabeler, 'observe', 3),
    'between two label files': (PseudoLabelStore, 'write', 3),
    'before the labels are complete': (PseudoLabelStore, 'finish', 1),
    'before the first iteration': (SelfTrainingLoop, 'next_batch', 1),
    'in training': (SelfTrainingLoop, 'next_batch', 2),
    'before the checkpoint of the round': (SelfTrainingLoop, '_save', 1),
}


@pytest.mark.parametrize('kill', KILLS)
def test_killed_and_resumed_run_equals_an_undisturbed_one(data, teachers, run, tmp_path, kill):
    process = multiprocessing.get_context('fork').Process(
        target=train_until, args=(ensemble_config(data, tmp_path, teachers), *KILLS[kill])
    )
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    train(ensemble_config(data, tmp_path, teachers, resume=True))
    for key in ('state_dict', 'optimizer', 'samples_drawn', 'train_loop'):
        assert_same(*(load(Path(folder, 'round_0.pth'))[key] for folder in (tmp_path, run.work_dir)), key)
    assert_equal_labels(tmp_path, run.work_dir)
    assert summary(tmp_path) == summary(run.work_dir)


def train_on_rank(rank: int, data: str, work_dir: str, teachers: list[dict]) -> dict[str, torch.Tensor]:
    os.environ['LOCAL_RANK'] = str(rank)
    runner = train(ensemble_config(Path(data), Path(work_dir), teachers, launcher='pytorch'))
    return {name: weight.detach() for name, weight in runner.model.module.named_parameters()}


def test_two_ranks_give_the_labels_of_one(data, teachers, run, tmp_path):
    first, second = run_on_two_ranks(train_on_rank, str(data), str(tmp_path), teachers)
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert_equal_labels(tmp_path, run.work_dir)
    found, want = (
        json.loads(Path(folder, 'pseudo_labels', 'summary.json').read_text()) for folder in (tmp_path, run.work_dir)
    )
    assert found['teacher_of_class'] == want['teacher_of_class'] and found['labeled_pixels'] == want['labeled_pixels']
