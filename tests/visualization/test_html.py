import base64
import io
import sys
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mmuda.visualization import html
from tests.helpers.pages import write_tiny_page

IMAGE = np.zeros((4, 8, 3), np.uint8)


class Loaded(HTMLParser):
    """Collects what a browser would fetch for a page."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.addresses += [value or '' for key, value in attrs if key in ('src', 'href', 'srcset', 'data', 'action')]
        assert tag not in ('link', 'iframe', 'object', 'embed', 'base')


@pytest.fixture(scope='module')
def page(tmp_path_factory) -> Path:
    return write_tiny_page(tmp_path_factory.mktemp('page') / 'new' / 'page.html')


def test_a_page_is_one_file_that_loads_nothing(page):
    loaded = Loaded()
    loaded.feed(page.read_text())
    assert [path.name for path in page.parent.iterdir()] == ['page.html']
    assert loaded.addresses and all(address.startswith('data:') for address in loaded.addresses)


def test_a_page_has_its_table_sections_and_charts_and_plotly_once(page):
    text = page.read_text()
    for wanted in ('Tiny runs', '<h2>Result</h2>', '<td>method</td>', '<td>42.0</td>', 'class="slider"'):
        assert wanted in text
    assert text.count('Plotly.newPlot') >= 2
    assert 4e6 < len(text) < 6e6


def test_texts_are_escaped_and_parts_are_not(tmp_path):
    section = html.Section('a < b', 'b > a', [html.table(['<i>'], [['1 & 2']])])
    text = html.write_page(tmp_path / 'page.html', 'x < y', '', [section]).read_text()
    for wanted in ('<h1>x &lt; y</h1>', '<h2>a &lt; b</h2>', 'b &gt; a', '<th>&lt;i&gt;</th>', '<td>1 &amp; 2</td>'):
        assert wanted in text


def test_a_name_has_one_color_in_all_charts_that_know_the_order():
    order = ['a', 'b']
    charts = [html.bars({'b': [1.0]}, ['x'], ''), html.bars({'b': [1.0]}, ['x'], '', order=order)]
    charts.append(html.curves({'a': ([1], [1.0]), 'b': ([1], [1.0])}, '', '', order=order))
    second = '"marker":{"color":"#EF553B"}'  # the second color of plotly's
    assert [second in chart for chart in charts] == [False, True, True]


def test_parts_to_be_opened_and_texts_as_they_are_keep_their_contents():
    text = html.details(
        'a < b', [html.preformatted('x = <1>\n  y'), html.notices({'kind': ['<found>']}, alarming=True)]
    )
    assert '<summary>a &lt; b</summary>' in text and '<pre>x = &lt;1&gt;\n  y</pre>' in text
    assert '<dl class="notices alarming">' in text and '<dd>&lt;found&gt;</dd>' in text


def test_a_photo_may_be_a_jpeg_of_nearly_the_same_colors():
    image = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 64, axis=0).repeat(3, axis=2)
    address = html.image_uri(image, lossy=True)
    assert address.startswith('data:image/jpeg')
    got = np.array(Image.open(io.BytesIO(base64.b64decode(address.partition(',')[2]))))
    assert np.abs(got.astype(int) - image).max() < 8


def test_an_image_keeps_its_pixels():
    image = np.random.default_rng(0).integers(0, 256, (5, 7, 3)).astype(np.uint8)
    data = base64.b64decode(html.image_uri(image).partition(',')[2])
    assert np.array_equal(np.array(Image.open(io.BytesIO(data))), image)


@pytest.mark.parametrize(
    'images, named',
    [
        (dict(before=IMAGE), 'no image after'),
        (dict(before=IMAGE, after=IMAGE[:2]), 'different sizes'),
    ],
)
def test_a_slider_without_two_images_of_one_size_is_refused(images, named):
    with pytest.raises(ValueError, match=named):
        html.image_slider(images, 'before', 'after')


@pytest.mark.parametrize(
    'module, part',
    [
        ('plotly.graph_objects', lambda: html.bars(dict(a=[1.0]), ['x'], 'unit')),
        ('jinja2', lambda: html.table(['a'], [['b']])),
    ],
)
def test_a_package_that_is_missing_is_named_with_the_remedy(monkeypatch, module, part):
    html._templates.cache_clear()
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=rf"{module.partition('.')[0]}.*pip install 'mmuda\[report\]'"):
        part()
