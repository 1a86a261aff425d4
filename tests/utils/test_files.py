"""Files are there whole or not at all; a lock ends with its process."""

import os

import pytest
from mmengine.fileio import LocalBackend

from mmuda.utils.files import lock, replace_file, unlock
from tests.helpers.locks import refused_in_a_child


def test_lock_of_another_process_is_refused_and_says_whose_it_is(holder, tmp_path):
    with pytest.raises(BlockingIOError, match=rf'process {holder.pid} on '):
        lock(tmp_path / 'lock', again=True)


def test_lock_is_free_when_its_process_was_killed(holder, tmp_path):
    holder.kill()
    holder.join()
    lock(tmp_path / 'lock')
    unlock(tmp_path / 'lock')


def test_children_do_not_inherit_the_lock(tmp_path):
    """Data workers outlive a killed run for some seconds."""
    lock(tmp_path / 'lock')
    assert refused_in_a_child(tmp_path / 'lock')
    assert refused_in_a_child(tmp_path / 'lock'), 'the end of the first child has taken the lock away'
    unlock(tmp_path / 'lock')
    assert not refused_in_a_child(tmp_path / 'lock')


def test_process_takes_its_own_lock_again_only_where_it_says_so(tmp_path):
    lock(tmp_path / 'lock')
    lock(tmp_path / 'lock', again=True)
    with pytest.raises(BlockingIOError):
        lock(tmp_path / 'lock')
    unlock(tmp_path / 'lock')
    lock(tmp_path / 'lock')
    unlock(tmp_path / 'lock')


def test_a_folder_that_cannot_be_written_keeps_nobody_out(tmp_path):
    (tmp_path / 'file').touch()
    lock(tmp_path / 'file' / 'lock')
    unlock(tmp_path / 'file' / 'lock')


def break_off(file) -> None:
    file.write(b'ha')
    raise KeyboardInterrupt


def test_broken_off_writing_leaves_the_old_file(tmp_path):
    replace_file(tmp_path / 'a', lambda file: file.write(b'old'))
    with pytest.raises(KeyboardInterrupt):
        replace_file(tmp_path / 'a', break_off)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {'a': b'old'}


def test_what_mmengine_writes_is_under_its_name_only_when_it_is_whole(tmp_path, monkeypatch):
    seen = []
    fsync = os.fsync
    monkeypatch.setattr(os, 'fsync', lambda number: seen.append((tmp_path / 'iter_1.pth').exists()) or fsync(number))
    LocalBackend().put(b'content', tmp_path / 'iter_1.pth')
    assert seen == [False]
    assert (tmp_path / 'iter_1.pth').read_bytes() == b'content'


def test_full_disk_is_said_in_words_and_leaves_what_was_there(tmp_path, monkeypatch):
    LocalBackend().put(b'old', tmp_path / 'iter_1.pth')

    def fill(*args):
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr(os, 'replace', fill)
    with pytest.raises(OSError, match=r'cannot write .*iter_1\.pth \(No space left on device\).*--resume'):
        LocalBackend().put(b'new', tmp_path / 'iter_1.pth')
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {'iter_1.pth': b'old'}
