"""The pages of the documentation site: those of the repository where they are, and the reference from docstrings.

Hooks of MkDocs. Every page keeps its path in the repository, so that links between pages are those that a reader of
the repository follows; a file that a page links to is served beside the pages.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

REPO = Path(__file__).resolve().parents[1]
FIRST = ('get_started', 'own_data', 'report', 'choose_a_checkpoint', 'add_a_method', 'architecture', 'benchmarks')
LINK = re.compile(r'\]\((?!\w+:|#)([^)#\s]+)')


def pages() -> list[str]:
    """Paths of all Markdown pages below the repository, the front page first."""
    docs = sorted(
        (path.relative_to(REPO).as_posix() for path in (REPO / 'docs').rglob('*.md')),
        key=lambda path: (*(FIRST.index(name) if (name := PurePosixPath(path).stem) in FIRST else 9,), path),
    )
    roots = [name for name in ('CONTRIBUTING.md', 'CHANGELOG.md') if (REPO / name).exists()]
    methods = sorted(path.relative_to(REPO).as_posix() for path in (REPO / 'configs').glob('*/README.md'))
    return ['README.md', *docs, *methods, *roots]


def packages() -> Iterator[tuple[str, list[str]]]:
    """Packages with modules that have something public, and these modules."""
    for folder in sorted({path.parent for path in (REPO / 'mmuda').rglob('*.py')}):
        modules = [path.relative_to(REPO) for path in sorted(folder.glob('*.py')) if _has_public(path)]
        if modules:
            yield '.'.join(folder.relative_to(REPO).parts), ['.'.join(path.with_suffix('').parts) for path in modules]


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Make the navigation of what there is."""
    by_folder = {folder: [page for page in pages() if page.startswith(folder)] for folder in ('docs/', 'configs/')}
    config.nav = [
        'README.md',
        *by_folder['docs/'],
        dict(Configs=by_folder['configs/']),
        dict(Reference=[{package: f'reference/{package}.md'} for package, _ in packages()]),
        *[page for page in pages() if page in ('CONTRIBUTING.md', 'CHANGELOG.md')],
    ]
    config.watch += [str(REPO / 'README.md'), str(REPO / 'configs'), str(REPO / 'mmuda')]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Replace the files of ``docs`` by those of the repository and the reference."""
    kept = [file for file in files if file.generated_by or not file.abs_src_path.startswith(str(REPO / 'docs'))]
    linked = {target for page in pages() for target in _linked(page)} - set(pages())
    files = Files([*kept, *[_file(config, path) for path in [*pages(), *sorted(linked)]]])
    for package, modules in packages():
        text = f'# {package}\n\n' + ''.join(f'::: {module}\n\n' for module in modules)
        files.append(File.generated(config, f'reference/{package}.md', content=text))
    return files


def on_page_markdown(markdown: str, page: Page, **kwargs: Any) -> str:
    """Let links to a folder lead to its README."""

    def to_readme(match: re.Match) -> str:
        folder = REPO / PurePosixPath(page.file.src_uri).parent / match[1]
        return match[0].rstrip('/') + '/README.md' if (folder / 'README.md').is_file() else match[0]

    return LINK.sub(to_readme, markdown)


def _file(config: MkDocsConfig, path: str) -> File:
    return File.generated(config, path, abs_src_path=str(REPO / path))


def _linked(page: str) -> Iterator[str]:
    """Files of the repository, other than pages, that a page links to."""
    for target in LINK.findall((REPO / page).read_text()):
        path = (REPO / page).parent.joinpath(target).resolve()
        if path.is_file() and path.is_relative_to(REPO):
            yield path.relative_to(REPO).as_posix()


def _has_public(path: Path) -> bool:
    if path.stem.startswith('__'):
        return False
    names = [node.name for node in ast.parse(path.read_text()).body if isinstance(node, ast.ClassDef | ast.FunctionDef)]
    return any(not name.startswith('_') for name in names)
