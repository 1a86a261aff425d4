import json

import pytest

from mmuda.visualization.scalars import read_scalars


def note(work_dir, start: str, *entries: dict | str) -> None:
    folder = work_dir / start / 'vis_data'
    folder.mkdir(parents=True)
    lines = [entry if isinstance(entry, str) else json.dumps(entry) for entry in entries]
    (folder / 'scalars.json').write_text('\n'.join(lines))


def test_losses_and_evaluations_are_apart(tmp_path):
    note(
        tmp_path, '20260101_000000', dict(loss=2.0, iter=10, step=10), dict(mIoU=30.0, step=10), dict(loss=1.0, step=20)
    )
    assert read_scalars(tmp_path) == dict(loss=([10, 20], [2.0, 1.0]), mIoU=([10], [30.0]))


def test_an_iteration_that_was_trained_again_counts_once(tmp_path):
    note(tmp_path, '20260101_000000', dict(loss=3.0, step=10), dict(loss=9.0, step=20))
    note(tmp_path, '20260102_000000', dict(loss=2.0, step=20), dict(loss=1.0, step=30))
    assert read_scalars(tmp_path)['loss'] == ([10, 20, 30], [3.0, 2.0, 1.0])


def test_a_last_line_that_is_half_written_is_left_out(tmp_path):
    note(tmp_path, '20260101_000000', dict(loss=3.0, step=10), '{"loss": 2.0, "st')
    assert read_scalars(tmp_path)['loss'] == ([10], [3.0])


@pytest.mark.parametrize('line', ['{"loss": 2.0, "st', '[1]', '{"loss": 2.0}'])
def test_a_damaged_line_is_named(tmp_path, line):
    note(tmp_path, '20260101_000000', line, dict(loss=2.0, step=20))
    with pytest.raises(ValueError, match=r'scalars\.json, line 1'):
        read_scalars(tmp_path)


def test_a_folder_without_notes_is_named(tmp_path):
    with pytest.raises(ValueError, match=f'{tmp_path} has no'):
        read_scalars(tmp_path)
