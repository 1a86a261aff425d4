"""A page in a browser without a window, without a network."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.browser import IN_BROWSER, Opened
from tests.helpers.pages import write_tiny_page

pytestmark = IN_BROWSER


@pytest.fixture(scope='module')
def path(tmp_path_factory) -> Path:
    return write_tiny_page(tmp_path_factory.mktemp('page') / 'page.html')


@pytest.fixture
def opened(browser, path) -> Iterator[Opened]:
    page = browser.new_page()
    yield Opened(page, path)
    page.close()


def test_it_loads_without_errors_and_without_a_network(opened):
    opened.assert_alone_and_sound()


def test_the_slider_moves_the_border_of_the_images(opened):
    assert '50%' in opened.clip()
    opened.page.fill('.slider input[type=range]', '20')
    assert '20%' in opened.clip()


def test_a_drag_moves_it_too(opened):
    panes = opened.page.locator('.slider .panes')
    panes.scroll_into_view_if_needed()
    box = panes.bounding_box()
    opened.page.mouse.move(box['x'] + box['width'] / 2, box['y'] + box['height'] / 2)
    opened.page.mouse.down()
    opened.page.mouse.move(box['x'] + box['width'] * 0.9, box['y'] + box['height'] / 2, steps=5)
    opened.page.mouse.up()
    assert 85 < float(opened.clip().rpartition(' ')[2].rstrip('%)')) < 95


def test_the_lists_choose_the_images(opened):
    assert (opened.shown('left'), opened.shown('right')) == ('before', 'after')
    opened.page.select_option('.slider select[data-side=right]', 'gray')
    assert (opened.shown('left'), opened.shown('right')) == ('before', 'gray')


def test_bars_and_curves_are_drawn(opened):
    charts = opened.page.locator('.chart')
    assert charts.nth(0).locator('svg .bars path').count() == 4
    assert charts.nth(1).locator('svg .scatterlayer path.js-line').count() == 1
