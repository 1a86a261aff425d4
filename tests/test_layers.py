"""What imports what: one way only, and nothing that a training does not need."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / 'mmuda'
# Each imports from the rows above it, and not from its own row.
LAYERS = (
    ('utils', 'version', 'toy_data'),
    ('compat', 'pseudo_labels', 'visualization'),
    ('datasets', 'models'),
    ('evaluation', 'report'),
    ('engine',),
)
LAYERS_OF_MODELS = (
    ('losses', 'augmentation', 'mixing', 'backbones', 'discriminators', 'density'),
    ('decode_heads',),
    ('segmentors',),
    ('objectives', 'discriminator_maps'),
)


def imported(file: Path) -> Iterator[tuple[str, ...]]:
    """Names of the modules below ``mmuda`` that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f'{file}: a relative import'
            names = [f'mmuda.{name.name}' for name in node.names] if node.module == 'mmuda' else [node.module]
        elif isinstance(node, ast.Import):
            names = [name.name for name in node.names]
        else:
            continue
        yield from (tuple(name.split('.')[1:]) for name in names if name.startswith('mmuda.'))


def row(layers: tuple[tuple[str, ...], ...], name: str) -> int:
    return next(index for index, names in enumerate(layers) if name in names)


@pytest.mark.parametrize('folder, layers', [(PACKAGE, LAYERS), (PACKAGE / 'models', LAYERS_OF_MODELS)])
def test_imports_run_one_way(folder, layers):
    depth = len(folder.relative_to(PACKAGE).parts)
    upward = [
        f'{file.relative_to(PACKAGE)} imports {".".join(names)}'
        for file in sorted(folder.rglob('*.py'))
        if file.parent != folder or file.stem != '__init__'
        for own in [file.relative_to(folder).parts[0].removesuffix('.py')]
        for names in imported(file)
        if names[:depth] == folder.relative_to(PACKAGE).parts and len(names) > depth and names[depth] != own
        if row(layers, names[depth]) >= row(layers, own)
    ]
    assert not upward


@pytest.mark.parametrize('folder, layers', [(PACKAGE, LAYERS), (PACKAGE / 'models', LAYERS_OF_MODELS)])
def test_every_module_has_its_layer(folder, layers):
    modules = {path.stem for path in folder.iterdir() if path.suffix == '.py' or (path / '__init__.py').exists()}
    assert modules - {'__init__'} == {name for names in layers for name in names}


@pytest.mark.parametrize(
    'module, unwanted',
    [
        ('mmuda', ['matplotlib', 'mmuda.toy_data', 'mmuda.visualization', 'plotly', 'jinja2']),
        ('mmuda.visualization.html', ['plotly', 'jinja2']),
    ],
)
def test_importing_loads_neither_pictures_nor_toy_data_nor_what_pages_need(module, unwanted):
    program = f'import {module}, sys; print(*{{*{unwanted}}} & {{*sys.modules}})'
    result = subprocess.run([sys.executable, '-c', program], cwd=PACKAGE.parent, capture_output=True, text=True)
    assert (result.returncode, result.stdout.split()) == (0, []), result.stderr
