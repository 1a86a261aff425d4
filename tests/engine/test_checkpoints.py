"""Damaged, foreign and missing checkpoints are named, and what can be done about them."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.runner import Runner

from mmuda.compat import CheckpointError, safe_load
from mmuda.engine.checkpoints import describe_last, is_whole, latest_checkpoint, newest_whole
from tests.helpers.tiny import load, make_data, tiny_config, train


@pytest.fixture(scope='module')
def data(tmp_path_factory) -> Path:
    return make_data(tmp_path_factory.mktemp('data'))


@pytest.fixture(scope='module')
def trained(data, tmp_path_factory) -> Path:
    """The work dir of a run with the checkpoints of iterations 1 to 3."""
    folder = tmp_path_factory.mktemp('run')
    train(
        tiny_config(
            data,
            folder,
            'source_only',
            train_cfg__max_iters=3,
            default_hooks__checkpoint__interval=1,
            default_hooks__checkpoint__max_keep_ckpts=-1,
        )
    )
    return folder


@pytest.fixture
def work_dir(trained, tmp_path) -> Path:
    """A copy to damage."""
    return shutil.copytree(trained, tmp_path / 'copy')


def resume(data: Path, work_dir: Path, **options) -> Runner:
    return train(tiny_config(data, work_dir, 'source_only', resume=True, **{'train_cfg__max_iters': 4, **options}))


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1000])


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    path.write_bytes(content)


def empty(path: Path) -> None:
    path.write_bytes(b'')


def picture(path: Path) -> None:
    path.write_bytes(b'\x89PNG\r\n\x1a\n' + bytes(1000))


def arrays(path: Path) -> None:
    with open(path, 'wb') as file:
        np.savez(file, weight=np.ones(3))


DAMAGE = [cut, flip, empty, picture, arrays]


@pytest.mark.parametrize('damage', DAMAGE)
def test_damaged_checkpoint_cannot_be_resumed_from_and_a_whole_one_is_named(data, work_dir, damage):
    damage(work_dir / 'iter_3.pth')
    with pytest.raises(
        CheckpointError,
        match=r'cannot resume: the checkpoint .*iter_3\.pth is damaged.*'
        r'newest whole one there is .*iter_2\.pth: .*write its name into .*last_checkpoint',
    ):
        resume(data, work_dir)
    (work_dir / 'last_checkpoint').write_text('iter_2.pth')
    assert resume(data, work_dir).iter == 4


def test_older_checkpoints_that_are_damaged_are_not_recommended(work_dir):
    for name in ('iter_2.pth', 'iter_3.pth'):
        cut(work_dir / name)
    assert newest_whole(work_dir) == work_dir / 'iter_1.pth'


def test_no_whole_checkpoint_at_all_is_said(data, work_dir):
    for path in work_dir.glob('*.pth'):
        cut(path)
    with pytest.raises(CheckpointError, match='no whole checkpoint in .*: train again, without --resume'):
        resume(data, work_dir)


@pytest.mark.parametrize('content', [b'', b'  \n', b'hello', b'\xff\xfe\x00', b'a\0b', b'x' * 5000, b'/'])
def test_pointer_that_is_empty_or_foreign_is_named(data, work_dir, content):
    (work_dir / 'last_checkpoint').write_bytes(content)
    with pytest.raises(CheckpointError, match=r'last_checkpoint does not name a checkpoint.*iter_3\.pth'):
        resume(data, work_dir)


def test_missing_checkpoint_is_named(data, work_dir):
    (work_dir / 'iter_3.pth').unlink()
    (work_dir / 'last_checkpoint').write_text('/gone/iter_3.pth')
    with pytest.raises(CheckpointError, match=r'last_checkpoint names /gone/iter_3\.pth, which is not.*iter_2\.pth'):
        resume(data, work_dir)


def test_named_older_checkpoint_is_resumed_from_whatever_the_pointer_says(data, work_dir):
    (work_dir / 'last_checkpoint').write_bytes(b'')
    assert resume(data, work_dir, load_from=str(work_dir / 'iter_2.pth')).iter == 4


def test_damaged_checkpoint_that_is_named_is_refused(data, work_dir):
    cut(work_dir / 'iter_2.pth')
    with pytest.raises(CheckpointError, match=r'iter_2\.pth is damaged.*iter_3\.pth'):
        resume(data, work_dir, load_from=str(work_dir / 'iter_2.pth'))


def test_missing_checkpoint_that_is_named_is_refused(data, work_dir):
    with pytest.raises(CheckpointError, match=r'there is no checkpoint .*iter_9\.pth.*iter_3\.pth'):
        resume(data, work_dir, load_from=str(work_dir / 'iter_9.pth'))


def test_missing_pointer_beside_checkpoints_is_warned_of(data, work_dir, caplog):
    (work_dir / 'last_checkpoint').unlink()
    with caplog.at_level('WARNING', 'mmengine'):
        runner = Runner.from_cfg(tiny_config(data, work_dir, 'source_only', resume=True))
        runner.logger.addHandler(caplog.handler)
        runner.train()
    assert any('starts from the beginning, although' in text and 'iter_3.pth' in text for text in caplog.messages)


@pytest.mark.parametrize(
    'damage, resumed',
    [
        (cut, False),
        (empty, False),
        (picture, False),
        (arrays, False),
        (lambda path: torch.save([1, 2], path), False),
        (cut, True),
        (flip, True),
        (lambda path: torch.save([1, 2], path), True),
    ],
)
def test_damaged_start_is_named(data, work_dir, tmp_path, damage, resumed):
    damage(work_dir / 'iter_3.pth')
    with pytest.raises(CheckpointError, match=r'iter_3\.pth'):
        train(
            tiny_config(data, tmp_path / 'new', 'source_only', load_from=str(work_dir / 'iter_3.pth'), resume=resumed)
        )


@pytest.mark.parametrize('damage', [cut, empty, picture, arrays])
def test_every_reader_names_a_damaged_file(work_dir, damage):
    damage(work_dir / 'iter_3.pth')
    with pytest.raises(CheckpointError, match=r'Checkpoint .*iter_3\.pth (cannot be read|was refused)'):
        safe_load(work_dir / 'iter_3.pth', map_location='cpu')


@pytest.mark.parametrize(
    'content, message',
    [
        (dict(state_dict={}), r'holds no weights'),
        (dict(model=dict(a=torch.ones(1))), r"no weights: .*\['model'\]"),
        (dict(state_dict=dict(other=torch.ones(1))), r'of another architecture'),
    ],
    ids=['empty', 'nested otherwise', 'another network'],
)
def test_foreign_checkpoint_is_named(data, tmp_path, content, message):
    torch.save(content, tmp_path / 'foreign.pth')
    with pytest.raises(RuntimeError, match=rf'(?s)({message}.*foreign\.pth|foreign\.pth.*{message})'):
        train(tiny_config(data, tmp_path / 'new', 'source_only', load_from=str(tmp_path / 'foreign.pth')))


@pytest.mark.parametrize('key', ['meta', 'message_hub', 'iter'])
def test_weights_alone_cannot_be_resumed_from(data, work_dir, key):
    checkpoint = load(work_dir / 'iter_3.pth')
    del (checkpoint['meta'] if key == 'iter' else checkpoint)[key]
    torch.save(checkpoint, work_dir / 'iter_3.pth')
    with pytest.raises(CheckpointError, match=rf'iter_3\.pth has no (meta\.)?{key}.*without --resume'):
        resume(data, work_dir)


def test_resumed_run_that_has_gone_further_than_it_is_to_go_is_refused(data, work_dir):
    with pytest.raises(ValueError, match=r'iter_3\.pth is of iteration 3, but training is to end at iteration 2'):
        resume(data, work_dir, train_cfg__max_iters=2)


def test_finished_run_is_resumed_and_does_nothing(data, work_dir):
    assert resume(data, work_dir, train_cfg__max_iters=3).iter == 3


def test_whole_checkpoint_is_whole(work_dir):
    assert is_whole(work_dir / 'iter_3.pth')
    assert latest_checkpoint(work_dir) == str(work_dir / 'iter_3.pth')


def test_last_checkpoint_of_a_diverged_run(work_dir):
    assert describe_last(work_dir) == f'The last checkpoint, {work_dir / "iter_3.pth"}, is from before'
    checkpoint = load(work_dir / 'iter_3.pth')
    name = next(name for name, value in checkpoint['state_dict'].items() if name.endswith('running_var'))
    checkpoint['state_dict'][name][0] = float('nan')
    torch.save(checkpoint, work_dir / 'iter_3.pth')
    assert f'iter_3.pth, is diverged, too: {name} in it is not finite' in describe_last(work_dir)
    cut(work_dir / 'iter_3.pth')
    assert 'cannot be read' in describe_last(work_dir)
    (work_dir / 'last_checkpoint').unlink()
    assert describe_last(work_dir) == 'No checkpoint was saved before'


def test_work_dir_that_cannot_be_written_is_said_in_words(data, tmp_path):
    (tmp_path / 'file').touch()
    with pytest.raises(
        OSError,
        match=rf'the work dir {tmp_path}/file/run cannot be written to \(Not a directory\).*'
        '--work-dir',
    ):
        train(tiny_config(data, tmp_path / 'file' / 'run', 'source_only'))
