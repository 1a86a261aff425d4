"""What is written of a leaderboard: a page of tables and a plot, from the rows of the file of results alone."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import matplotlib

matplotlib.use('Agg')

import numpy as np  # noqa: E402
from matplotlib import pyplot  # noqa: E402
from matplotlib.axes import Axes  # noqa: E402

from benchmarks.leaderboard.results import Result  # noqa: E402
from benchmarks.leaderboard.task import Group, Task  # noqa: E402
from mmuda.utils.files import replace_file  # noqa: E402

MISSING = '-'
EXPLANATION = """\
mIoU in percent, of the last checkpoint on the labeled validation images of the target, which choose nothing. Spread is
the standard deviation over seeds. The share of the gap that a method closes, in brackets for each seed, is
(method - source only trained on) / (oracle - source only trained on), of the same seed, where the oracle is above.
Iterations and CPU seconds (user and system time of training, with data loading) are without those of the runs that a
run starts from; peak MiB is host memory. A run that is missing is shown as `-`, and a mean over fewer seeds says so."""

Scores = Mapping[str, Mapping[int, Result]]


def write_report(task: Task, results: Sequence[Result], seeds: Sequence[int], path: Path) -> list[str]:
    """Write ``<task>.md`` and ``<task>.png``.

    Args:
        task (Task): Says the rows.
        results (Sequence[Result]): Of any tasks and configs.
        seeds (Sequence[int]): Seeds that were asked for; those of the results are shown as well.
        path (Path): File of the results; the page and the plot go beside it.

    Returns:
        list[str]: What is missing or left out, and what was written; a sentence each. Without any result of the task
        nothing is written.
    """
    scores, notes = current_scores(task, results)
    shown = sorted({*seeds, *(seed for by_seed in scores.values() for seed in by_seed)})
    notes += [note for group in task.groups for note in group.notes]
    missing = sum(seed not in by_seed for by_seed in scores.values() for seed in shown)
    total = len(scores) * len(shown)
    if missing == total:
        return [*notes, f'No result of {task.name} in {path}: nothing was written.']
    notes += [f'Missing: {missing} of {total} runs.'] if missing else []
    plot = path.with_name(f'{task.name}.png')
    draw(task.groups, scores, plot)
    text = page(task, scores, shown, notes, path.name)
    written = path.with_name(f'{task.name}.md')
    replace_file(written, lambda file: file.write(text.encode()))
    return [*notes, f'Written: {written} and {plot.name}.']


def current_scores(task: Task, results: Iterable[Result]) -> tuple[Scores, list[str]]:
    """Return the results of the configs as they are now, by method and seed, and what is left out."""
    scores: dict[str, dict[int, Result]] = {method: {} for method in task.rows}
    old: dict[str, int] = {}
    for result in results:
        if result.task == task.name and result.method in scores and result.method not in task.broken:
            if result.config_hash == task.config_hash(result.method):
                scores[result.method][result.seed] = result
            else:
                old[result.method] = old.get(result.method, 0) + 1
    notes = [f'{method} is not shown: {problem}' for method, problem in task.broken.items()]
    if old:
        counts = ', '.join(f'{method} {number}' for method, number in old.items())
        notes.append(f'Rows of other configs than the present ones are not shown: {counts}.')
    return scores, notes


def gap_closed(method: float, trained_on: float, oracle: float) -> float | None:
    """Return the share of the gap between source only, trained on, and the oracle; None where there is no gap.

    Example:
        >>> gap_closed(50.0, 46.0, 66.0)
        0.2
    """
    return (method - trained_on) / (oracle - trained_on) if oracle > trained_on else None


def shares(group: Group, scores: Scores, method: str) -> dict[int, float]:
    """Return the share of the gap that a method closes, by seed: for the seeds in which there are all three runs."""
    if group.trained_on is None or group.oracle is None:
        return {}
    floor, ceiling = scores[group.trained_on], scores[group.oracle]
    found = {
        seed: gap_closed(result.mIoU, floor[seed].mIoU, ceiling[seed].mIoU)
        for seed, result in scores[method].items()
        if seed in floor and seed in ceiling
    }
    return {seed: share for seed, share in found.items() if share is not None}


def page(task: Task, scores: Scores, seeds: Sequence[int], notes: Sequence[str], results_name: str) -> str:
    """Return the page of a task, in Markdown."""
    runs = [result for by_seed in scores.values() for result in by_seed.values()]
    command = f'python benchmarks/adaptation.py --task {task.folder} --seeds {" ".join(map(str, seeds))}'
    parts = [
        f'# {task.title}',
        f'Made from [{results_name}]({results_name}); what is written here is overwritten. The runs, and this page:',
        f'```bash\n{command}{" --amp" if task.amp else ""}\n```',
        EXPLANATION,
        f'Device: {_listed(result.device for result in runs)}. Code: {_listed(result.revision for result in runs)}.',
        *notes,
        f'![mIoU of each method]({task.name}.png)',
    ]
    for group in task.groups:
        parts += [f'## {group.title}'] if group.title else []
        parts += [summary_table(group, scores, seeds), class_table(group, scores, seeds)]
        parts += round_tables(group, scores, seeds)
    return '\n\n'.join(part for part in parts if part) + '\n'


def summary_table(group: Group, scores: Scores, seeds: Sequence[int]) -> str:
    """Return mIoU, share of the gap and cost of each row."""
    with_share = group.trained_on is not None and group.oracle is not None
    header = ['method', 'mIoU', 'spread', *(['gap closed'] if with_share else []), *(f'seed {seed}' for seed in seeds)]
    rows = []
    for method, title in group.rows.items():
        by_seed = scores[method]
        closed = shares(group, scores, method) if method in group.methods else {}
        results = [by_seed[seed] for seed in seeds if seed in by_seed]
        spread = np.std([result.mIoU for result in results], ddof=1) if len(results) > 1 else None
        row = [title, _mean([result.mIoU for result in results], len(seeds)), _number(spread, 2)]
        if with_share:
            row.append(_mean([100 * share for share in closed.values()], len(seeds), '.0f', ' %'))
        for seed in seeds:
            share = f' ({100 * closed[seed]:.0f} %)' if seed in closed else ''
            row.append(f'{by_seed[seed].mIoU:.2f}{share}' if seed in by_seed else MISSING)
        row.append(_listed(result.iterations for result in results))
        row.append(_mean([result.cpu_seconds for result in results], None, '.0f'))
        row.append(f'{max(result.peak_mib for result in results):.0f}' if results else MISSING)
        rows.append(row)
    return table([*header, 'iterations', 'CPU seconds', 'peak MiB'], rows)


def class_table(group: Group, scores: Scores, seeds: Sequence[int]) -> str:
    """Return IoU per class of each row, means over seeds; empty without results."""
    names = _classes(group, scores)
    rows = []
    for method, title in group.rows.items():
        results = list(scores[method].values())
        few = f' ({len(results)} of {len(seeds)} seeds)' if 0 < len(results) < len(seeds) else ''
        cells = [_mean([result.iou_per_class.get(name) for result in results], None, '.1f') for name in names]
        rows.append([title + few, *cells])
    return table(['IoU', *names], rows) if names else ''


def round_tables(group: Group, scores: Scores, seeds: Sequence[int]) -> list[str]:
    """Return mIoU after each round of self-training, and the labeled share per class in the last, means over seeds."""
    names = _classes(group, scores)
    miou, labeled = [], []
    for method, title in group.rows.items():
        results = [result for result in scores[method].values() if len(result.rounds) > 1]
        if not results:
            continue
        few = f' ({len(results)} of {len(seeds)} seeds)' if len(results) < len(seeds) else ''
        turns = zip(*(result.rounds for result in results))
        miou.append([title + few, *(_mean([each['mIoU'] for each in turn], None) for turn in turns)])
        last = list(zip(*(result.rounds[-1]['labeled'] for result in results)))
        if last:
            labeled.append([title + few, *(_mean(values, None) for values in last)])
    length = max((len(row) for row in miou), default=0)
    miou = [[*row, *[''] * (length - len(row))] for row in miou]
    tables = [table(['mIoU after', *(f'round {index}' for index in range(length - 1))], miou)] if miou else []
    return [*tables, table(['labeled, last round', *names], labeled)] if labeled else tables


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    return '\n'.join('| ' + ' | '.join(row) + ' |' for row in [header, ['---'] * len(header), *rows])


def draw(groups: Sequence[Group], scores: Scores, path: Path) -> None:
    """Draw mIoU of each method, a point per seed and a bar at the mean; references are vertical lines."""
    heights = [max(len(group.methods), 1) + 2 for group in groups]
    figure, grid = pyplot.subplots(
        len(groups),
        1,
        figsize=(8, 0.32 * sum(heights) + 0.6),
        height_ratios=heights,
        squeeze=False,
        layout='constrained',
    )
    for group, axes in zip(groups, grid[:, 0]):
        _draw_group(group, scores, axes)
    replace_file(path, lambda file: figure.savefig(file, format='png', dpi=120))
    pyplot.close(figure)


def _draw_group(group: Group, scores: Scores, axes: Axes) -> None:
    for place, method in enumerate(group.methods):
        values = [result.mIoU for result in scores[method].values()]
        axes.scatter(values, [place] * len(values), s=18, color='tab:blue', alpha=0.7, linewidths=0, zorder=3)
        if values:
            axes.plot([np.mean(values)] * 2, [place - 0.3, place + 0.3], color='tab:blue', linewidth=2)
    lines = {'source only': group.source_only, 'source only, trained on': group.trained_on, 'oracle': group.oracle}
    for (label, method), color in zip(lines.items(), ('tab:gray', 'tab:orange', 'tab:green')):
        if method is not None and scores[method]:
            mean = np.mean([result.mIoU for result in scores[method].values()])
            axes.axvline(mean, color=color, linestyle='--', linewidth=1.2, label=f'{label} {mean:.1f}')
    axes.set_yticks(range(len(group.methods)), group.methods.values(), fontsize=9)
    axes.set_ylim(len(group.methods) - 0.5, -0.5)
    axes.grid(axis='x', alpha=0.3)
    axes.set_xlabel('mIoU of the target (percent), a point per seed, a bar at their mean', fontsize=9)
    axes.set_title(group.title, fontsize=10, loc='left')
    if axes.get_legend_handles_labels()[0]:
        axes.legend(fontsize=8, loc='upper left', bbox_to_anchor=(1.0, 1.0), frameon=False)


def _classes(group: Group, scores: Scores) -> list[str]:
    """Names of the classes, of the first result of a group."""
    results = (result for method in group.rows for result in scores[method].values())
    return next((list(result.iou_per_class) for result in results), [])


def _mean(values: Iterable[float | None], expected: int | None, form: str = '.2f', unit: str = '') -> str:
    """Mean of the values that there are, which says how many there are of those expected."""
    known = [value for value in values if value is not None]
    if not known:
        return MISSING
    few = f' ({len(known)} of {expected} seeds)' if expected is not None and len(known) < expected else ''
    return f'{np.mean(known):{form}}{unit}{few}'


def _number(value: float | None, digits: int) -> str:
    return MISSING if value is None else f'{value:.{digits}f}'


def _listed(values: Iterable[object]) -> str:
    return ', '.join(dict.fromkeys(map(str, values))) or MISSING
