"""The report, clicked through."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.browser import IN_BROWSER, Opened
from tests.helpers.reports import RUNS, write_full_report

pytestmark = IN_BROWSER


@pytest.fixture(scope='module')
def path(tmp_path_factory) -> Path:
    return write_full_report(tmp_path_factory.mktemp('report'))


@pytest.fixture(scope='module')
def opened(browser, path) -> Iterator[Opened]:
    page = browser.new_page(viewport=dict(width=1280, height=900))
    yield Opened(page, path)
    page.close()


def section(opened: Opened, title: str):
    return opened.page.locator('section').filter(has=opened.page.locator(f'h2:text-is("{title}")'))


def test_a_click_in_the_legend_hides_and_shows_a_run(opened):
    chart = section(opened, 'Training').locator('.chart').first
    assert chart.locator('.scatterlayer path.js-line').count() == len(RUNS)
    legend = chart.locator('.legendtoggle').nth(1)
    legend.click()
    opened.page.wait_for_function(
        '([chart, number]) => chart.querySelectorAll(".scatterlayer path.js-line").length === number',
        arg=[chart.element_handle(), len(RUNS) - 1],
    )


def test_generations_between_the_first_and_the_last_wait_for_a_click(opened):
    chart = section(opened, 'Pseudo labels').locator('.chart').nth(1)
    assert chart.locator('.barlayer .trace').count() == 2
    chart.locator('.legendtoggle').nth(1).click()
    opened.page.wait_for_function(
        'chart => chart.querySelectorAll(".barlayer .trace").length === 3', arg=chart.element_handle()
    )


def test_charts_that_were_hidden_are_as_wide_as_the_page_when_they_are_shown(opened):
    more = section(opened, 'Training').locator('details')
    chart = more.locator('.chart').first
    assert not chart.is_visible()
    more.locator('summary').click()
    opened.page.wait_for_function(
        'chart => chart.querySelector("svg.main-svg").getBoundingClientRect().width > 1000', arg=chart.element_handle()
    )


def test_a_config_is_shown_by_a_click(opened):
    config = section(opened, 'Environment and config').locator('details').filter(has_text=f'{RUNS[0]}: config')
    assert not config.locator('pre').is_visible()
    config.locator('summary').click()
    assert "default_scope = 'mmseg'" in config.locator('pre').inner_text()


def test_the_slider_and_its_lists_compare_the_pictures(opened):
    assert (opened.shown('left'), opened.shown('right')) == ('image', 'prediction')
    opened.page.locator('.slider input[type=range]').first.fill('20')
    assert '20%' in opened.clip()
    opened.page.locator('.slider select[data-side=right]').first.select_option('uncertainty')
    assert (opened.shown('left'), opened.shown('right')) == ('image', 'uncertainty')


def test_after_all_clicks_nothing_was_complained_of_or_fetched(opened):
    opened.assert_alone_and_sound()
