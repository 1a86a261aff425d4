"""The notebook of the documentation runs, from its first cell to its last."""

import json

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from tests.helpers.tiny import REPO

pytestmark = pytest.mark.integration

NOTEBOOK = REPO / 'docs/own_data.ipynb'
TINY = """
images = 4
width, height = 64, 32
source_iterations = 2
rounds, iterations = 2, 1
"""
FORKED = """
from tests.helpers.tiny import run_tool


def run(command, shown=''):
    done = run_tool(sys.executable, *shlex.split(command), cwd=Path.cwd())
    assert done.returncode == 0, done.stderr
"""


def read() -> NotebookNode:
    return nbformat.read(NOTEBOOK, as_version=4)


def test_it_is_kept_without_outputs():
    for cell in read().cells:
        assert not cell.get('outputs') and cell.get('execution_count') is None


def test_it_leads_from_two_folders_to_a_report(tmp_path, monkeypatch):
    (tmp_path / 'tools').symlink_to(REPO / 'tools')  # its work dirs and configs lie beside them
    for name in ('IPYTHONDIR', 'JUPYTER_RUNTIME_DIR', 'TORCH_HOME'):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setenv('PYTHONPATH', str(REPO))
    monkeypatch.setenv('OMP_NUM_THREADS', '1')
    monkeypatch.setenv('CUDA_VISIBLE_DEVICES', '')
    notebook = read()
    (parameters,) = [cell for cell in notebook.cells if 'parameters' in cell.metadata.get('tags', ())]
    assert assigned(TINY) == assigned(parameters.source)
    parameters.source = TINY
    drawn = next(index for index, cell in enumerate(notebook.cells) if 'make_toy_data.py' in cell.source)
    notebook.cells.insert(drawn + 1, new_code_cell(FORKED))  # from now on no tool imports torch anew
    NotebookClient(notebook, timeout=300, resources=dict(metadata=dict(path=str(tmp_path)))).execute()
    work_dirs = tmp_path / 'work_dirs/notebook'
    assert '</html>' in (work_dirs / 'report.html').read_text()
    predicted = sorted((work_dirs / 'predicted/masks').rglob('*.png'))
    photos = sorted((tmp_path / 'data/notebook/photos/images').rglob('*.png'))
    assert [path.stem for path in predicted] == [path.stem for path in photos] and len(photos) == 4
    rows = json.loads((work_dirs / 'scores.json').read_text())['rows']
    assert {row['checkpoint'] for row in rows} == {'round_0.pth', 'iter_2.pth'}


def assigned(code: str) -> set[str]:
    """Names that a cell gives a value."""
    names: dict = {}
    exec(code, names)
    return set(names) - {'__builtins__'}
