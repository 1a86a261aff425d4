"""Pictures of how good pseudo labels are."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure


def quality_figure(reports: Mapping[str, Mapping[str, Any]], path: str | os.PathLike) -> Path:
    """Write one PNG: accuracy and coverage per class, a reliability diagram, and accuracy against coverage.

    Args:
        reports (Mapping[str, Mapping]): What
            :meth:`~mmuda.evaluation.pseudo_label_quality.PseudoLabelQuality.report` returned, by the name of the
            labels, all of the same classes.
        path (str | os.PathLike): The file to write; its folder is created.

    Returns:
        Path: ``path``.
    """
    figure = Figure(figsize=(12, 10), layout='constrained', facecolor='white')
    FigureCanvasAgg(figure)
    axes = figure.subplot_mosaic([['accuracy', 'accuracy'], ['coverage', 'coverage'], ['reliability', 'curve']])
    classes = list(next(iter(reports.values()))['classes'])
    width = 0.8 / len(reports)
    for index, (name, report) in enumerate(reports.items()):
        places = np.arange(len(classes)) + (index - (len(reports) - 1) / 2) * width
        for key in ('accuracy', 'coverage'):
            axes[key].bar(places, [report['classes'][one][key] or 0 for one in classes], width, label=name)
        bins = report['reliability']
        seen = [place for place, number in enumerate(bins['pixels']) if number]
        error = '' if report['ece'] is None else f', ECE {report["ece"]:.3f}'
        axes['reliability'].plot(
            *([bins[key][place] for place in seen] for key in ('confidence', 'accuracy')), 'o-', label=name + error
        )
        axes['curve'].plot(
            report['accuracy_at_coverage']['coverage'], report['accuracy_at_coverage']['accuracy'], '.-', label=name
        )
    for key in ('accuracy', 'coverage'):
        axes[key].set(title=f'{key} per class', ylim=(0, 1), xticks=range(len(classes)))
        axes[key].set_xticklabels(classes, rotation=30, ha='right')
    limits = dict(xlim=(0, 1.02), ylim=(0, 1.02))
    axes['reliability'].plot([0, 1], [0, 1], color='0.6', linewidth=1)
    axes['reliability'].set(title='reliability', xlabel='confidence', ylabel='accuracy', **limits)
    axes['curve'].set(title='most confident first', xlabel='coverage', ylabel='accuracy', **limits)
    for axis in axes.values():
        axis.legend(fontsize=8, loc='upper left', bbox_to_anchor=(1, 1))  # beside what it may hide
        axis.grid(alpha=0.3)
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110, format='png')
    return path
