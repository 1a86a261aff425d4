"""PseudoLabelHook in the shipped toy config of stage 2, through the real runner."""

import json
import multiprocessing
import os
import shutil
import signal
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.registry import init_default_scope
from mmseg.registry import HOOKS, MODELS, TASK_UTILS
from PIL import Image

from mmuda.engine.hooks import PseudoLabelHook
from mmuda.pseudo_labels import Labeler, LabelPlanes, PseudoLabelStore
from tests.helpers.tiny import hook_of, make_data, opened_files, tiny_config, train
from tests.helpers.two_ranks import run_on_two_ranks

pytestmark = pytest.mark.integration

NUM_IMAGES = 4


@HOOKS.register_module()
class RecordLabels(Hook):
    """Remember which labels every iteration saw."""

    seen: list[list[int]] = []

    def before_train(self, runner) -> None:
        self.seen.clear()

    def before_train_iter(self, runner, batch_idx, data_batch=None) -> None:
        labels = torch.cat([sample.gt_sem_seg.data for sample in data_batch['data_samples']['labeled']])
        self.seen.append(labels.unique().tolist())


@TASK_UTILS.register_module()
class SerialNumberLabeler(Labeler):
    """Labels every pixel with the number of labelers that have labeled before."""

    made = 0

    def __init__(self) -> None:
        self.number: int | None = None

    def __call__(self, probabilities: torch.Tensor) -> LabelPlanes:
        if self.number is None:
            self.number = SerialNumberLabeler.made
            SerialNumberLabeler.made += 1
        size = probabilities.shape[1:]
        return LabelPlanes(torch.full(size, self.number, dtype=torch.uint8), torch.ones(size))

    def description(self) -> dict:
        return dict(type='SerialNumberLabeler')


@pytest.fixture(scope='module')
def data(tmp_path_factory) -> Path:
    return make_data(tmp_path_factory.mktemp('data'))


@pytest.fixture(scope='module')
def start(data, tmp_path_factory) -> Path:
    """A checkpoint as an earlier stage leaves it."""
    folder = tmp_path_factory.mktemp('stage1')
    init_default_scope('mmseg')
    torch.manual_seed(0)
    model = MODELS.build(tiny_config(data, folder, 'mrnet_stage2').model)
    torch.save(dict(state_dict=model.state_dict()), folder / 'start.pth')
    return folder / 'start.pth'


def config(
    data: Path, work_dir: Path, start: Path | None, iters: int = 1, hook: dict | None = None, **options
) -> Config:
    cfg = tiny_config(
        data,
        work_dir,
        'mrnet_stage2',
        train_cfg__max_iters=iters,
        default_hooks__checkpoint__max_keep_ckpts=-1,
        **{'default_hooks__checkpoint__interval': 1, **options},
    )
    cfg.load_from = str(start) if start else None
    settings = dict(predictor=dict(type='MultiViewPredictor', flip=False), **(hook or {}))
    cfg.custom_hooks = [dict(type='PseudoLabelHook', **settings), dict(type='RecordLabels')]
    return cfg


def resume(cfg: Config) -> Config:
    cfg.load_from, cfg.resume = None, True
    return cfg


@pytest.fixture(scope='module')
def run(data, start, tmp_path_factory) -> Path:
    """Work dir of a finished run of two iterations; not to be changed."""
    work_dir = tmp_path_factory.mktemp('run')
    train(config(data, work_dir, start, iters=2))
    return work_dir


@pytest.fixture
def copy(run, tmp_path) -> Path:
    """A copy of that work dir, to be changed."""
    shutil.copytree(run, tmp_path / 'run')
    checkpoint = tmp_path / 'run' / 'last_checkpoint'
    checkpoint.write_text(str(tmp_path / 'run' / 'iter_1.pth'))  # killed after the first iteration
    return tmp_path / 'run'


@pytest.fixture
def no_labeling(monkeypatch) -> None:
    monkeypatch.setattr(PseudoLabelStore, 'write', lambda *_: pytest.fail('labeled again'))


def pictures(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob('*.png')}


def generations(work_dir: Path) -> list[str]:
    return sorted(path.name for path in (work_dir / 'pseudo_labels').iterdir() if path.is_dir())


def test_every_image_is_labeled(run):
    store = PseudoLabelStore(run / 'pseudo_labels')
    assert store.manifest()['complete']
    assert len(pictures(store.root)) == 2 * NUM_IMAGES  # labels and confidences


def test_pictures_are_written_on_request_and_not_trained_on(data, start, run, tmp_path):
    train(config(data, tmp_path / 'run', start, iters=2, hook=dict(pictures=True)))
    seen = RecordLabels.seen.copy()
    found, plain = pictures(tmp_path / 'run/pseudo_labels'), pictures(run / 'pseudo_labels')
    extra = {
        name.replace('.png', f'_{kind}.png')
        for name in plain
        if not name.startswith('confidence')
        for kind in ('color', 'heatmap')
    }
    assert {name: found[name] for name in plain} == plain and set(found) - set(plain) == extra
    train(config(data, tmp_path / 'plain', start, iters=2))
    assert RecordLabels.seen == seen


def test_training_sees_the_labels_of_the_store(data, start, copy, no_labeling):
    for path in (copy / 'pseudo_labels').rglob('*.png'):
        Image.new('L', Image.open(path).size, 7).save(path)
    train(config(data, copy, start))
    assert RecordLabels.seen == [[7]]


def test_target_labels_are_never_opened(data, start, tmp_path):
    with opened_files() as opened:
        train(config(data, tmp_path, start))
    assert any('leftImg8bit/train' in path for path in opened)
    assert not [path for path in opened if 'gtFine' in path]


def test_labeling_works_without_target_labels(data, start, tmp_path):
    shutil.copytree(data, tmp_path / 'toy')
    shutil.rmtree(tmp_path / 'toy' / 'cityscapes' / 'gtFine')
    train(config(tmp_path / 'toy', tmp_path / 'run', start))
    assert len(RecordLabels.seen) == 1


def train_and_kill(cfg: Config, images: int) -> None:
    """Train; SIGKILL instead of writing the labels of the image after ``images`` images."""
    write, written = PseudoLabelStore.write, []

    def kill(store: PseudoLabelStore, name: str, *arrays) -> None:
        if len(written) == images:
            os.kill(os.getpid(), signal.SIGKILL)
        written.append(name)
        write(store, name, *arrays)

    PseudoLabelStore.write = kill
    train(cfg)


def test_labeling_continues_after_sigkill(data, start, run, tmp_path, monkeypatch):
    process = multiprocessing.get_context('fork').Process(
        target=train_and_kill, args=(config(data, tmp_path, start), NUM_IMAGES - 1)
    )
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    written = []
    write = PseudoLabelStore.write
    monkeypatch.setattr(PseudoLabelStore, 'write', lambda *args: written.append(args[1]) or write(*args))
    train(config(data, tmp_path, start))
    assert len(written) == 1
    assert pictures(tmp_path / 'pseudo_labels') == pictures(run / 'pseudo_labels')


@pytest.fixture
def other_start(start, tmp_path) -> Path:
    checkpoint = torch.load(start)
    checkpoint['state_dict']['student.decode_head.main_classifier.conv_seg.weight'].neg_()
    torch.save(checkpoint, tmp_path / 'other.pth')
    return tmp_path / 'other.pth'


def test_labels_of_other_weights_are_refused(data, other_start, copy):
    with pytest.raises(ValueError, match='holds other pseudo labels: weights is .* set overwrite=True'):
        train(config(data, copy, other_start))


def test_labels_of_other_classes_are_refused(data, start, copy):
    path = copy / 'pseudo_labels' / 'manifest.json'
    manifest = json.loads(path.read_text())
    manifest['description']['classes'] = ['road', 'sky']
    path.write_text(json.dumps(manifest))
    with pytest.raises(ValueError, match=r"holds other pseudo labels: classes is \['road', 'sky'\], expected \['road'"):
        train(config(data, copy, start))


@pytest.mark.parametrize(
    'options, message',
    [
        (
            dict(hook=dict(labeler=dict(type='ConfidenceLabeler', threshold=0.9))),
            'labeler.threshold is None, expected 0.9',
        ),
        (dict(model__segmentor__decode_head__aux_weight=0.3), 'model.decode_head.aux_weight is None, expected 0.3'),
    ],
    ids=['labeler', 'model'],
)
def test_labels_of_other_settings_are_refused(data, start, copy, options, message):
    with pytest.raises(ValueError, match=f'holds other pseudo labels: {message}'):
        train(config(data, copy, start, **options))


def test_settings_of_training_do_not_matter(data, start, copy, no_labeling):
    train(config(data, copy, start, model__segmentor__decode_head__dropout_ratio=0.5))
    assert len(RecordLabels.seen) == 1  # trained, on the labels that were there


def test_overwrite_labels_again(data, other_start, copy, run):
    train(config(data, copy, other_start, hook=dict(overwrite=True)))
    assert pictures(copy / 'pseudo_labels') != pictures(run / 'pseudo_labels')


def test_folder_that_is_no_store_is_never_overwritten(data, start, tmp_path):
    (tmp_path / 'photos').mkdir()
    (tmp_path / 'photos' / 'holiday.jpg').write_bytes(b'x')
    with pytest.raises(ValueError, match='photos is no store of pseudo labels'):
        train(config(data, tmp_path, start, hook=dict(store=str(tmp_path / 'photos'), overwrite=True)))
    assert (tmp_path / 'photos' / 'holiday.jpg').exists()


def test_runs_of_one_model_share_a_store(data, start, run, tmp_path, no_labeling):
    train(config(data, tmp_path, start, hook=dict(store=str(run / 'pseudo_labels'))))
    assert not (tmp_path / 'pseudo_labels').exists()


def test_resumed_run_reuses_its_labels(data, copy, no_labeling):
    train(resume(config(data, copy, None, iters=2)))
    assert len(RecordLabels.seen) == 1


def test_resume_refuses_other_settings(data, copy):
    cfg = resume(config(data, copy, None, iters=2, hook=dict(labeler=dict(type='ConfidenceLabeler', threshold=0.9))))
    with pytest.raises(ValueError, match='cannot resume: .* not those .* trained on: labeler.threshold is None'):
        train(cfg)


def test_resume_refuses_a_store_of_other_weights(data, copy):
    path = copy / 'pseudo_labels' / 'manifest.json'
    path.write_text(path.read_text().replace('"weights": "', '"weights": "0'))
    with pytest.raises(ValueError, match="cannot resume: .* trained on: weights is '0.*without --resume"):
        train(resume(config(data, copy, None, iters=2)))


def test_resume_refuses_when_a_label_is_gone(data, copy):
    next((copy / 'pseudo_labels' / 'confidence').rglob('*.png')).unlink()
    with pytest.raises(FileNotFoundError, match=r'cannot resume: .* are not \(all\) in .*pseudo_labels'):
        train(resume(config(data, copy, None, iters=2)))


def test_resume_refuses_a_checkpoint_of_a_run_without_the_hook(data, copy):
    checkpoint = torch.load(copy / 'iter_1.pth', weights_only=False)
    del checkpoint['pseudo_label_weights']
    torch.save(checkpoint, copy / 'iter_1.pth')
    with pytest.raises(ValueError, match='saved without PseudoLabelHook.*load_from=CHECKPOINT'):
        train(resume(config(data, copy, None, iters=2)))


@pytest.mark.parametrize('workers', [0, 1])
def test_every_interval_trains_on_new_labels(data, start, tmp_path, workers, monkeypatch):
    monkeypatch.setattr(SerialNumberLabeler, 'made', 3)
    hook = dict(interval=2, labeler=dict(type='SerialNumberLabeler'))
    train(
        config(
            data,
            tmp_path,
            start,
            iters=4,
            hook=hook,
            train_dataloader__num_workers=workers,
            train_dataloader__persistent_workers=workers > 0,
        )
    )
    assert RecordLabels.seen == [[3], [3], [4], [4]]


@pytest.mark.parametrize(
    'interval, left',
    [
        (2, ['iter_2', 'iter_3']),
        (9, ['iter_0', 'iter_1', 'iter_2', 'iter_3']),
    ],
    ids=['what the checkpoint needs', 'no checkpoint yet'],
)
def test_generations_that_stay(data, start, tmp_path, interval, left):
    train(
        config(
            data,
            tmp_path,
            start,
            iters=4,
            hook=dict(interval=1),
            default_hooks__checkpoint__interval=interval,
        )
    )
    assert generations(tmp_path) == left


def test_labels_beyond_the_checkpoint_are_made_again(data, start, tmp_path):
    later = PseudoLabelStore(tmp_path / 'pseudo_labels' / 'iter_1')
    later.open(dict(weights='of a run that went on'))
    train(config(data, tmp_path, start, iters=2, hook=dict(interval=1)))
    assert later.manifest()['complete']


def train_on_rank(rank: int, data: str, start: str, work_dir: str) -> str:
    os.environ['LOCAL_RANK'] = str(rank)
    cfg = config(Path(data), Path(work_dir), Path(start), iters=2, hook=dict(interval=1), launcher='pytorch')
    return hook_of(train(cfg), 'PseudoLabelHook')._weights


def test_two_ranks_agree(data, start, run, tmp_path):
    first, second = run_on_two_ranks(train_on_rank, str(data), str(start), str(tmp_path))
    assert first == second  # of the labels after an iteration in which each had its own batch statistics
    assert pictures(tmp_path / 'pseudo_labels' / 'iter_0') == pictures(run / 'pseudo_labels')


def test_loop_that_starts_its_workers_early_is_refused(data, start, tmp_path):
    cfg = config(data, tmp_path, start)
    cfg.train_cfg = dict(type='IterBasedTrainLoop', max_iters=1)
    del cfg.default_hooks['resume_state']
    with pytest.raises(TypeError, match='train_cfg=.*UDATrainLoop.*got IterBasedTrainLoop'):
        train(cfg)


def test_training_data_without_pseudo_labels_are_refused(data, start, tmp_path):
    cfg = config(data, tmp_path, start)
    cfg.train_dataloader.dataset.source = tiny_config(data, tmp_path, 'mrnet').train_dataloader.dataset.source
    with pytest.raises(ValueError, match='no PseudoLabelDataset in the training data'):
        train(cfg)


def test_interval_below_one_is_refused():
    with pytest.raises(ValueError, match='interval must be at least 1, got 0'):
        PseudoLabelHook(interval=0)


def test_model_that_is_no_numbers_does_not_label(data, start, tmp_path):
    checkpoint = torch.load(start)
    checkpoint['state_dict']['student.backbone.bn1.running_var'][0] = float('inf')
    torch.save(checkpoint, tmp_path / 'ruined.pth')
    with pytest.raises(FloatingPointError, match=r'started from .*ruined.pth\) cannot label: backbone.bn1.running_var'):
        train(config(data, tmp_path / 'run', tmp_path / 'ruined.pth'))
    assert not list(tmp_path.rglob('*.png'))


def test_threshold_that_no_pixel_passes(data, start, tmp_path):
    hook = dict(labeler=dict(type='ConfidenceLabeler', threshold=1.0))
    with pytest.raises(
        ValueError,
        match="no pixel of the 4 images of source has a pseudo label .*'threshold': 1.0.*"
        'lower its threshold.*delete .*pseudo_labels',
    ):
        train(config(data, tmp_path, start, hook=hook))
