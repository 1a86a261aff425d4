"""What lies in work dirs and checkpoints."""

import contextlib
import re
import zipfile
from pathlib import Path

from mmuda.compat import CheckpointError, safe_load
from mmuda.engine.finite import first_not_finite

POINTER = 'last_checkpoint'  # the file in which mmengine notes the last checkpoint of a work dir


def latest_checkpoint(work_dir: str | Path) -> str | None:
    """Return the last checkpoint of a work dir, also of one that was moved or copied since.

    mmengine notes the path at which it was saved; a file of this name in the work dir itself comes first.

    Returns:
        str | None: Its path; None where no checkpoint is noted.

    Raises:
        CheckpointError: If what is noted is no path, or there is no such file.
    """
    pointer = Path(work_dir, POINTER)
    if not pointer.is_file():
        return None
    try:
        noted = pointer.read_text().strip()
        if '://' in noted:
            return noted
        found = [path for path in (Path(work_dir, Path(noted).name), Path(noted)) if path.is_file()]
    except (ValueError, OSError):  # bytes that are no text, a null in the path, a path that is too long
        noted, found = '', []
    if found:
        return str(found[0])
    problem = f'names {noted}, which is not there' if noted.endswith('.pth') else 'does not name a checkpoint'
    raise CheckpointError(f'{pointer} {problem}. {older_checkpoint(work_dir)}')


def is_whole(path: str | Path) -> bool:
    """Whether a file is a checkpoint as mmengine writes it, a zip archive, without damage."""
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.endswith('data.pkl') for name in archive.namelist()) and archive.testzip() is None
    except (OSError, zipfile.BadZipFile, EOFError, ValueError, NotImplementedError, RuntimeError):
        return False


def newest_whole(work_dir: str | Path, but: str | Path | None = None) -> Path | None:
    """Return the whole checkpoint of the highest iteration that a run has left in its work dir to be resumed from.

    Args:
        work_dir (str or Path): The work dir.
        but (str or Path, optional): One that is not asked for. Defaults to None.
    """
    found = {}
    for path in Path(work_dir).glob('*.pth'):
        if re.fullmatch(r'(iter|epoch|round)_\d+', path.stem) and path != but and is_whole(path):
            with contextlib.suppress(CheckpointError, KeyError, TypeError):
                iteration = int(safe_load(str(path), map_location='cpu', mmap=True)['meta']['iter'])
                found[iteration, path.stat().st_mtime_ns] = path
    return found[max(found)] if found else None


def older_checkpoint(work_dir: str | Path, but: str | Path | None = None) -> str:
    """Return a sentence that says how to go on in a work dir whose last checkpoint cannot be used."""
    path = newest_whole(work_dir, but)
    if path is None:
        return f'There is no whole checkpoint in {work_dir}: train again, without --resume'
    return f'The newest whole one there is {path}: to go on from it, write its name into {path.with_name(POINTER)}'


def check_whole(path: str | Path) -> None:
    """Check a checkpoint that a run is to be resumed from, before anything is made of it.

    Raises:
        CheckpointError: If it is missing, damaged, cut off or another kind of file; the message names the newest one
            that is whole.
    """
    if '://' in str(path):
        return  # not on a disk; the loader says what is wrong with it
    if not Path(path).is_file():
        raise CheckpointError(f'cannot resume: there is no checkpoint {path}. {older_checkpoint(Path(path).parent)}')
    if not is_whole(path):
        raise CheckpointError(
            f'cannot resume: the checkpoint {path} is damaged, cut off, or another kind of file. '
            f'{older_checkpoint(Path(path).parent, but=Path(path))}'
        )


def describe_last(work_dir: str | Path) -> str:
    """Return a sentence that says which checkpoint of a run that has diverged is the last, and whether it is sound.

    Losses can be finite while weights are not, or the run may have started from ruined ones.
    """
    path: str | Path | None = Path(work_dir, POINTER)
    try:
        path = latest_checkpoint(work_dir)
        if path is None:
            return 'No checkpoint was saved before'
        checkpoint = safe_load(path, map_location='cpu')
        ruined = first_not_finite(checkpoint['state_dict'])
    except (CheckpointError, OSError, KeyError, TypeError, AttributeError) as error:
        return f'The last checkpoint, {path}, cannot be read ({error})'
    if ruined is None:
        return f'The last checkpoint, {path}, is from before'
    return f'The last checkpoint, {path}, is diverged, too: {ruined} in it is not finite'
