"""Parts of a page that is one file: tables, images with a slider between them, bars and curves.

Needs plotly and jinja2 (``pip install mmuda[report]``), which are imported when a part is made.
"""

import base64
import io
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from mmuda.utils.files import replace_file

TEMPLATES = Path(__file__).with_name('templates')
MISSING = "pages need the packages plotly and jinja2 ({error}): pip install 'mmuda[report]'"


@dataclass(frozen=True)
class Section:
    """A part of a page.

    Args:
        title (str): Its heading.
        text (str): A paragraph below it.
        parts (Sequence[str]): HTML, as the functions of this module return it.
    """

    title: str
    text: str
    parts: Sequence[str]


def write_page(path: str | os.PathLike, title: str, lead: str, sections: Sequence[Section]) -> Path:
    """Write a page that needs neither a server nor a network: charts' code, images and style are in the one file.

    Args:
        path (str | os.PathLike): The file; its folder is created.
        title (str): Heading of the page.
        lead (str): A paragraph below it.
        sections (Sequence[Section]): What follows.

    Returns:
        Path: ``path``.

    Raises:
        ImportError: If plotly or jinja2 is not installed.
    """
    try:
        from plotly.offline import get_plotlyjs
    except ImportError as error:
        raise ImportError(MISSING.format(error=error)) from error
    page = _render('page', title=title, lead=lead, sections=sections, plotly=get_plotlyjs())
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, lambda file: file.write(page.encode()))
    return path


def table(columns: Sequence[str], rows: Sequence[Sequence[str]], emphasized: Collection[int] = ()) -> str:
    """Return a table; all columns but the first are aligned to the right.

    Args:
        columns (Sequence[str]): Titles.
        rows (Sequence[Sequence[str]]): Texts, as many as columns in each.
        emphasized (Collection[int]): Indices of rows in bold type.
    """
    return _render('table', columns=columns, rows=rows, emphasized=emphasized)


def image_row(images: Mapping[str, np.ndarray]) -> str:
    """Return images beside each other.

    Args:
        images (Mapping[str, np.ndarray]): (H, W, 3) uint8 RGB, by caption.
    """
    return _render('image_row', images={title: image_uri(image) for title, image in images.items()})


def notices(texts: Mapping[str, Sequence[str]], alarming: bool = False) -> str:
    """Return texts below what they are about.

    Args:
        texts (Mapping[str, Sequence[str]]): By heading, such as ``class collapse``.
        alarming (bool): In red. Defaults to False.
    """
    return _render('notices', texts=texts, alarming=alarming)


def preformatted(text: str) -> str:
    """Return a text as it is, such as a config."""
    return _render('preformatted', text=text)


def details(summary: str, parts: Sequence[str]) -> str:
    """Return parts that are shown only when they are asked for.

    Args:
        summary (str): What is there; a click on it shows and hides the parts.
        parts (Sequence[str]): HTML, as the functions of this module return it.
    """
    return _render('details', summary=summary, parts=parts)


def image_slider(images: Mapping[str, np.ndarray], left: str, right: str, photos: Collection[str] = ()) -> str:
    """Return two images over each other, of which a slider shows the left part of one and the right part of the other.

    A list on each side chooses among all images.

    Args:
        images (Mapping[str, np.ndarray]): (H, W, 3) uint8 RGB of one size, by title.
        left (str): Title of the image that is shown on the left at first.
        right (str): Title of that on the right.
        photos (Collection[str]): Titles of images that are kept as JPEG, a tenth in size, with small losses. Defaults
            to none.

    Raises:
        ValueError: If there is no such title, or the sizes differ.
    """
    missing = {left, right} - set(images)
    if missing:
        raise ValueError(f'image_slider: no image {", ".join(sorted(missing))} among {list(images)}')
    sizes = {title: image.shape for title, image in images.items()}
    if len(set(sizes.values())) > 1:
        raise ValueError(f'image_slider: images of different sizes: {sizes}')
    height, width = images[left].shape[:2]
    encoded = {title: image_uri(image, lossy=title in photos) for title, image in images.items()}
    return _render('image_slider', images=encoded, left=left, right=right, width=width, height=height)


def class_legend(classes: Sequence[str], palette: Sequence[Sequence[int]]) -> str:
    """Return the names of the classes beside their colors.

    Args:
        classes (Sequence[str]): Names.
        palette (Sequence[Sequence[int]]): RGB colors, 0 to 255.
    """
    return _render('class_legend', colors={name: tuple(color) for name, color in zip(classes, palette)})


def bars(
    groups: Mapping[str, Sequence[float | None]],
    labels: Sequence[str],
    unit: str,
    title: str = '',
    hidden: Collection[str] = (),
    order: Sequence[str] = (),
) -> str:
    """Return bars, one of each group at each label, for instance the IoU of each run for each class.

    Args:
        groups (Mapping[str, Sequence[float | None]]): Values in the order of the labels, by name of the group; None
            where there is none.
        labels (Sequence[str]): What the bars stand at.
        unit (str): Title of the axis of the values.
        title (str): Title of the chart. Defaults to none.
        hidden (Collection[str]): Groups that are shown only when they are chosen in the legend.
        order (Sequence[str]): Names that have the same colors in all charts that are given them. Defaults to none:
            colors go by the order in the chart.
    """
    traces = [
        dict(type='bar', name=name, x=list(labels), y=list(values), visible='legendonly' if name in hidden else True)
        for name, values in groups.items()
    ]
    return _chart(traces, title, order, xaxis=dict(tickangle=-35), yaxis=dict(title=unit), barmode='group', bargap=0.15)


def curves(
    lines: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    across: str,
    unit: str,
    title: str = '',
    order: Sequence[str] = (),
) -> str:
    """Return curves, for instance the loss of each run.

    Args:
        lines (Mapping[str, tuple]): Places and values, of one length, by name.
        across (str): Title of the axis of the places.
        unit (str): Title of the axis of the values.
        title (str): Title of the chart. Defaults to none.
        order (Sequence[str]): See :func:`bars`.
    """
    traces = [
        dict(type='scatter', mode='lines+markers', name=name, x=list(places), y=list(values))
        for name, (places, values) in lines.items()
    ]
    return _chart(traces, title, order, xaxis=dict(title=across), yaxis=dict(title=unit))


def image_uri(image: np.ndarray, lossy: bool = False) -> str:
    """Return an image within its address, as a PNG.

    Args:
        image (np.ndarray): (H, W, 3) uint8 RGB.
        lossy (bool): As a JPEG instead. Defaults to False.
    """
    file, kind = io.BytesIO(), 'jpeg' if lossy else 'png'
    Image.fromarray(image).save(file, format=kind, optimize=True, **(dict(quality=85) if lossy else {}))
    return f'data:image/{kind};base64,{base64.b64encode(file.getvalue()).decode()}'


def _chart(traces: list[dict[str, Any]], title: str, order: Sequence[str], **layout: Any) -> str:
    try:
        import plotly.colors
        import plotly.graph_objects
    except ImportError as error:
        raise ImportError(MISSING.format(error=error)) from error
    palette = plotly.colors.qualitative.Plotly
    for trace in traces:
        if trace['name'] in order:
            trace['marker'] = dict(color=palette[order.index(trace['name']) % len(palette)])
    figure = plotly.graph_objects.Figure(traces)
    figure.update_layout(
        title=title,
        template='plotly_white',
        height=400,
        showlegend=True,
        margin=dict(l=60, r=20, t=50 if title else 20, b=60),
        legend=dict(orientation='h', yanchor='bottom', y=1.0, xanchor='right', x=1.0),
        **layout,
    )
    chart = figure.to_html(full_html=False, include_plotlyjs=False, config=dict(displaylogo=False, responsive=True))
    return f'<div class="chart">{chart}</div>'


@cache
def _templates() -> Any:
    try:
        import jinja2
    except ImportError as error:
        raise ImportError(MISSING.format(error=error)) from error
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _render(template: str, **values: Any) -> str:
    return _templates().get_template(f'{template}.html').render(**values)
