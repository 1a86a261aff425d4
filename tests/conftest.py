import gc
from collections.abc import Iterator
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope, init_default_scope

import mmuda  # noqa: F401  (registers everything, makes the stack work)
from tests.helpers.browser import BROWSER
from tests.helpers.configs import FORMATTED_TEXT, parse_shipped_files_once, write_plain_texts
from tests.helpers.golden import DEPTH_FAMILIES
from tests.helpers.locks import locked_by_another

torch.set_num_threads(1)
parse_shipped_files_once()
write_plain_texts()
PARITY = Path(__file__).parent / 'parity'
INTEGRATION = Path(__file__).parent / 'integration'


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark what lies in ``integration``; keep together what one process has to run.

    Here, as pytest-xdist reads the groups before the items can be modified.
    """
    if INTEGRATION in item.path.parents:
        item.add_marker(pytest.mark.integration)
    item.add_marker(pytest.mark.xdist_group(group_of(item)))


def group_of(item: pytest.Item) -> str:
    """A file with its fixtures; in parity half of the families, as its end asks what was read of each of them."""
    if PARITY not in item.path.parents:
        return str(item.path)
    _, family, *_ = item.path.stem.split('_')
    if family == 'coverage':
        params = item.callspec.params
        family = params['family'] if 'family' in params else params['pattern'].partition('/')[0]
    return 'parity, depth' if family in ('depth', *DEPTH_FAMILIES) else 'parity'


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole runs come first: what ends last is then a short file, and no process waits for the others."""
    long = {item.path for item in items if item.get_closest_marker('integration')}
    items.sort(key=lambda item: (PARITY not in item.path.parents, item.path not in long))


def pytest_collection_finish() -> None:
    free_garbage_and_freeze_the_rest()


def free_garbage_and_freeze_the_rest() -> None:
    """What is imported stays: it need not be walked through in every collection of garbage.

    mmengine asks for one with every data set, and there are hundreds of thousands of such objects.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def default_scope_is_that_of_the_configs() -> None:
    """A runner made from a config without ``default_scope`` leaves mmengine's behind, for all that follow."""
    current = DefaultScope.get_current_instance()
    if current is None or current.scope_name != 'mmseg':
        init_default_scope('mmseg')


@pytest.fixture(autouse=True, scope='module')
def runners_are_freed() -> Iterator[None]:
    """Runners are full of cycles: left to themselves those of many modules add up to gigabytes."""
    yield
    free_garbage_and_freeze_the_rest()


@pytest.fixture
def formatted_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Configs have the text that mmengine writes outside of the tests."""
    monkeypatch.setattr(Config, 'pretty_text', FORMATTED_TEXT)


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[BaseProcess]:
    """Another process that has locked ``tmp_path / 'lock'``."""
    with locked_by_another(tmp_path / 'lock') as process:
        yield process


@pytest.fixture(scope='module')
def browser() -> Iterator:
    """The machine's own browser; its tests have the marks ``tests.helpers.browser.IN_BROWSER``."""
    api = pytest.importorskip('playwright.sync_api', reason='pip install -r requirements/tests.txt')
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=['--no-sandbox'])
        yield browser
        browser.close()
