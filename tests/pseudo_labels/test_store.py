import errno
import json
import multiprocessing
import os
import shutil
import subprocess
import time

import numpy as np
import pytest
from PIL import Image

from mmuda.pseudo_labels import PseudoLabelStore
from mmuda.pseudo_labels import store as store_module
from mmuda.utils import files as mmuda_files

LABEL = np.array([[0, 1], [255, 18]], np.uint8)
CONFIDENCE = np.array([[0.0, 1.0], [0.5, 0.2]], np.float32)
DESCRIPTION = dict(weights='abc', classes=('road', 'sky'), predictor=dict(type='MultiViewPredictor', flip=True))


@pytest.fixture
def store(tmp_path):
    store = PseudoLabelStore(tmp_path / 'store')
    store.open(DESCRIPTION)
    return store


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob('*') if path.is_file())


def test_labels_come_back(store):
    store.write('city/a.jpg', dict(label=LABEL, confidence=CONFIDENCE))
    np.testing.assert_array_equal(np.array(Image.open(store.label_path('city/a.jpg'))), LABEL)


def test_confidences_come_back_in_steps_of_1_over_255(store):
    store.write('city/a.jpg', dict(label=LABEL, confidence=CONFIDENCE))
    assert np.array(Image.open(store.path('city/a.jpg', 'confidence'))).tolist() == [[0, 255], [128, 51]]


def test_layout_of_files(store):
    store.write('city/a.jpg', dict(label=LABEL, confidence=CONFIDENCE))
    assert files(store.root) == ['city/a.png', 'confidence/city/a.png', 'manifest.json']


PALETTE = [[128, 64, 128], [244, 35, 232], *([index] * 3 for index in range(2, 19))]


def test_pictures_of_label_and_confidence_lie_beside_the_label(tmp_path):
    store = PseudoLabelStore(tmp_path / 'store', PALETTE)
    store.open(DESCRIPTION)
    store.write('city/a.jpg', dict(label=LABEL, confidence=CONFIDENCE))
    assert files(store.root) == [
        'city/a.png',
        'city/a_color.png',
        'city/a_heatmap.png',
        'confidence/city/a.png',
        'manifest.json',
    ]
    color, heat = (Image.open(store.root / f'city/a_{kind}.png').convert('RGB') for kind in ('color', 'heatmap'))
    assert np.array(color).tolist() == [[[128, 64, 128], [244, 35, 232]], [[0, 0, 0], [18, 18, 18]]]
    order = np.array(heat).sum(axis=2)  # brighter where more certain
    assert order[0, 0] < order[1, 1] < order[1, 0] < order[0, 1]
    red, _, blue = np.array(heat)[0, 1].tolist()
    assert red > blue  # yellow, not cyan


def test_labels_are_the_same_with_pictures(store, tmp_path):
    other = PseudoLabelStore(tmp_path / 'other', PALETTE)
    for one in (store, other):
        one.write('a.png', dict(label=LABEL, confidence=CONFIDENCE))
    assert [store.label_path('a.png').read_bytes(), store.path('a.png', 'confidence').read_bytes()] == [
        other.label_path('a.png').read_bytes(),
        other.path('a.png', 'confidence').read_bytes(),
    ]


def test_an_image_whose_label_would_be_a_picture_is_refused_where_there_are_pictures(store):
    names = ['a.png', 'a_color.png']
    store.check_names(names)
    with pytest.raises(ValueError, match="'a.png' and 'a_color.png' would share the file .*a_color.png"):
        PseudoLabelStore(store.root, PALETTE).check_names(names)


def test_image_counts_as_done_only_with_both_files(store):
    store.write('a.png', dict(label=LABEL, confidence=CONFIDENCE))
    store.label_path('a.png').unlink()
    assert not store.has('a.png')


@pytest.mark.parametrize(
    'label, confidence',
    [(LABEL.astype(np.int64), CONFIDENCE), (LABEL[None], CONFIDENCE[None]), (LABEL, CONFIDENCE[:1])],
)
def test_arrays_of_another_kind_are_refused(store, label, confidence):
    with pytest.raises(ValueError, match=r"'a\.png': expected \(H, W\) uint8"):
        store.write('a.png', dict(label=label, confidence=confidence))


@pytest.mark.parametrize('names', [('a.png', 'a.jpg'), ('x.png', 'confidence/x.png'), ('a.png', 'a.png')])
def test_names_that_would_share_a_file_are_refused(store, names):
    with pytest.raises(ValueError, match='would share the file'):
        store.check_names(names)


def test_folder_named_confidence_alone_is_fine(store):
    store.check_names(['confidence/x.png', 'confidence/y.png'])
    store.write('confidence/x.png', dict(label=LABEL, confidence=CONFIDENCE))
    assert not store.has('x.png')


@pytest.mark.parametrize('name', ['../a.png', '/a.png'])
def test_names_outside_of_the_folder_are_refused(store, name):
    with pytest.raises(ValueError, match='outside of the image folder'):
        store.check_names([name])


def test_store_is_complete_after_finish(store):
    assert not store.open(DESCRIPTION)
    store.finish()
    assert store.open(DESCRIPTION)


def test_other_labels_are_refused_naming_what_differs(store):
    other = dict(DESCRIPTION, weights='xyz', predictor=dict(type='MultiViewPredictor', flip=False))
    with pytest.raises(ValueError) as error:
        store.open(other)
    assert "predictor.flip is True, expected False; weights is 'abc', expected 'xyz'" in str(error.value)
    assert 'classes' not in str(error.value)


def test_refusing_leaves_the_labels(store):
    store.write('a.png', dict(label=LABEL, confidence=CONFIDENCE))
    with pytest.raises(ValueError, match='holds other pseudo labels'):
        store.open(dict(DESCRIPTION, weights='xyz'))
    assert store.has('a.png') and store.manifest()['description']['weights'] == 'abc'


def test_overwrite_starts_anew(store):
    store.write('a.png', dict(label=LABEL, confidence=CONFIDENCE))
    store.finish()
    assert not store.open(dict(DESCRIPTION, weights='xyz'), overwrite=True)
    assert files(store.root.parent) == ['store/manifest.json']


def test_overwrite_keeps_equal_labels(store):
    store.write('a.png', dict(label=LABEL, confidence=CONFIDENCE))
    store.open(DESCRIPTION, overwrite=True)
    assert store.has('a.png')


@pytest.mark.parametrize('overwrite', [False, True])
def test_folder_that_is_no_store_is_refused_and_left(tmp_path, overwrite):
    (tmp_path / 'photos').mkdir()
    (tmp_path / 'photos/holiday.jpg').write_bytes(b'x')
    with pytest.raises(ValueError, match=r'photos is no store of pseudo labels.*no manifest\.json'):
        PseudoLabelStore(tmp_path / 'photos').open(DESCRIPTION, overwrite)
    assert files(tmp_path) == ['photos/holiday.jpg']


@pytest.mark.parametrize('text', ['{"complete": tr', '[]', '{}', '{"complete": true, "description": 3}', '\x00'])
def test_damaged_manifest_is_named(store, text):
    (store.root / 'manifest.json').write_text(text)
    with pytest.raises(ValueError, match=r'store/manifest\.json is damaged.*delete the folder'):
        store.open(DESCRIPTION)


def test_killed_while_the_manifest_was_first_written(tmp_path):
    (tmp_path / 'store').mkdir()
    (tmp_path / 'store/.manifest.json.1.tmp').write_text('{"comp')
    assert not PseudoLabelStore(tmp_path / 'store').open(DESCRIPTION)


def test_temporary_files_of_a_killed_process_are_cleared(store):
    (store.root / 'city').mkdir()
    (store.root / 'city/.a.png.1.tmp').write_bytes(b'half a f')
    store.open(DESCRIPTION)
    assert files(store.root) == ['manifest.json']


def lock_and_wait(root, locked) -> None:
    with PseudoLabelStore(root).lock():
        locked.set()
        time.sleep(600)


def test_lock_ends_with_its_process(store):
    context = multiprocessing.get_context('fork')
    locked = context.Event()
    process = context.Process(target=lock_and_wait, args=(store.root, locked))
    process.start()
    assert locked.wait(60)
    with pytest.raises(RuntimeError, match='another run is making the pseudo labels'), store.lock():
        pass
    process.kill()
    process.join()
    with store.lock():
        pass


def test_lock_file_is_never_deleted(store):
    """Who opened it before it was deleted and who made it again would both have the lock."""
    with store.lock():
        path = store.root.with_name('.store.lock')
        made = path.stat().st_ino
    assert path.stat().st_ino == made


def test_without_locks_of_the_file_system_nobody_is_kept_out(store, monkeypatch):
    def refuse(*args):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(mmuda_files.fcntl, 'lockf', refuse)
    with store.lock(), store.lock():
        pass


def test_full_disk_leaves_nothing_half_written(store, monkeypatch):
    save = Image.Image.save

    def fill(image, file, format):
        save(image, file, format=format)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Image.Image, 'save', fill)
    with pytest.raises(OSError, match=r'cannot write the pseudo labels .*a\.png \(No space left on device\)'):
        store.write('a.png', dict(label=LABEL, confidence=CONFIDENCE))
    assert files(store.root) == ['manifest.json']


def test_full_disk_while_finishing_keeps_the_old_manifest(store, monkeypatch):
    def fill(*args):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(store_module.os, 'replace', fill)
    with pytest.raises(OSError, match='No space left'):
        store.finish()
    assert json.loads((store.root / 'manifest.json').read_text())['complete'] is False
    assert files(store.root) == ['manifest.json']


def test_interrupt_leaves_nothing_half_written(store, monkeypatch):
    def interrupt(image, file, format):
        file.write(b'half')
        raise KeyboardInterrupt

    monkeypatch.setattr(Image.Image, 'save', interrupt)
    with pytest.raises(KeyboardInterrupt):
        store.write('a.png', dict(label=LABEL, confidence=CONFIDENCE))
    assert files(store.root) == ['manifest.json']


@pytest.fixture
def small_disk(tmp_path):
    """A real file system of 64 KiB, where mounting is allowed."""
    mount = tmp_path / 'disk'
    mount.mkdir()
    command = ['mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', str(mount)]
    if shutil.which('mount') is None or subprocess.run(command, capture_output=True).returncode:
        pytest.skip('mounting a small tmpfs needs root; the simulated full disk is still tested')
    yield mount
    subprocess.run(['umount', str(mount)], check=True)


def test_really_full_disk(small_disk):
    store = PseudoLabelStore(small_disk / 'store')
    store.open(DESCRIPTION)
    noise = np.random.default_rng(0).integers(0, 255, (300, 300), np.uint8)
    store.write('0.png', dict(label=LABEL, confidence=CONFIDENCE))
    with pytest.raises(OSError, match='No space left on device.*labeled so far are kept'):
        store.write('1.png', dict(label=noise, confidence=noise / 255))
    assert files(store.root) == ['0.png', 'confidence/0.png', 'manifest.json']


MAP = np.arange(12, dtype=np.float32).reshape(3, 2, 2)


def no_space(*args, **kwargs):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_maps_come_back_bit_for_bit(store):
    store.write_cached_logits('city/a.jpg', MAP / 3, (5, 7), (8, 8, 5, 7, 1))
    encoded, size, layout = store.read_cached_logits('city/a.jpg')
    np.testing.assert_array_equal(encoded, MAP / 3)
    assert encoded.dtype == np.float32 and size == (5, 7) and layout == [8, 8, 5, 7, 1]


def test_deleted_maps_leave_nothing(store):
    store.write_cached_logits('city/a.jpg', MAP, (5, 7))
    store.delete_cached_logits()
    assert not store.has_cached_logits('city/a.jpg')
    assert [path.name for path in store.root.iterdir()] == ['manifest.json']


def test_deleting_maps_keeps_labels_of_images_in_a_folder_of_that_name(store):
    store.write('cached_logits/a.jpg', dict(label=LABEL, confidence=CONFIDENCE))
    store.write_cached_logits('cached_logits/a.jpg', MAP, (5, 7))
    store.delete_cached_logits()
    assert store.has('cached_logits/a.jpg') and not store.has_cached_logits('cached_logits/a.jpg')


def test_deleting_maps_that_are_not_there(store):
    store.delete_cached_logits()
    assert files(store.root) == ['manifest.json']


def test_summary_comes_back(store):
    assert store.summary() is None
    store.write_summary(dict(thresholds=[0.1, 1 / 3]))
    assert store.summary() == dict(thresholds=[0.1, 1 / 3])


@pytest.mark.parametrize(
    'write',
    [
        lambda store: store.write_cached_logits('a.png', MAP, (5, 7)),
        lambda store: store.write_summary(dict(thresholds=[1])),
    ],
    ids=['map', 'summary'],
)
def test_full_disk_while_writing_maps_and_summary(store, monkeypatch, write):
    store.write_summary(dict(thresholds=[0]))
    monkeypatch.setattr(store_module.os, 'replace', no_space)
    with pytest.raises(OSError, match='cannot write the pseudo labels .*No space left.*labeled so far are kept'):
        write(store)
    assert files(store.root) == ['manifest.json', 'summary.json']
    assert store.summary() == dict(thresholds=[0])


def test_full_disk_in_the_middle_of_a_map(store, monkeypatch):
    def fill(file, **arrays):
        file.write(b'half')
        no_space()

    monkeypatch.setattr(store_module.np, 'savez', fill)
    with pytest.raises(OSError, match=r'cached_logits/a\.npz \(No space left'):
        store.write_cached_logits('a.png', MAP, (5, 7))
    assert files(store.root) == ['manifest.json']


def test_damaged_summary_is_named(store):
    (store.root / 'summary.json').write_text('{"thresholds": [0.')
    with pytest.raises(ValueError, match=r'summary\.json is damaged .*delete the folder .*store and label again'):
        store.summary()


@pytest.mark.parametrize('damage', [lambda data: data[: len(data) // 2], lambda data: b'', lambda data: b'no map'])
def test_damaged_map_is_named(store, damage):
    store.write_cached_logits('a.png', MAP, (5, 7))
    path = store.cached_logits_path('a.png')
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match=r'the cached logits .*a\.npz are damaged .*delete the file and start again'):
        store.read_cached_logits('a.png')
