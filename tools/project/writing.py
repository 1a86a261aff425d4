"""The files of a project."""

import os
import pprint
import shlex
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

from mmengine.config import Config

from mmuda.utils.shipped import SHIPPED
from tools.project import methods
from tools.project.classes_file import Classes
from tools.project.domain import Domain
from tools.project.networks import Network
from tools.project.sizes import covering, larger, next_scale, working_size

DATA = Path(__file__).with_name('data.py.txt')
README = Path(__file__).with_name('README.md.txt')
_VALIDATION = """val_dataloader = test_dataloader
val_evaluator = test_evaluator"""


@dataclass(frozen=True)
class Project:
    """What a project is made of.

    Attributes:
        name (str): Of its folder.
        classes (Classes): Of source and target.
        source (Domain): Labeled images.
        target (Domain): Images whose labels are never opened.
        validation (Domain, optional): Labeled images of the target.
        network (Network): Of all methods.
        methods (list[str]): Those to write, in the order of training.
        long_side (int): Of the images as the network sees them, about, in pixels.
        batch_size (int): Images of each domain.
    """

    name: str
    classes: Classes
    source: Domain
    target: Domain
    validation: Domain | None
    network: Network
    methods: list[str]
    long_side: int
    batch_size: int

    @property
    def title(self) -> str:
        """str: In words."""
        return f'{self.source.root.name} to {self.target.root.name}'

    @property
    def test_scale(self) -> tuple[int, int]:
        """tuple[int, int]: Width and height of the images of the target as the network sees them."""
        return working_size(self.target.size, self.long_side)

    @property
    def source_scale(self) -> tuple[int, int]:
        """tuple[int, int]: The same of the source, before crops are taken."""
        return covering(self.source.size, self.test_scale)


def data_text(project: Project) -> str:
    """Return ``_base_/data.py`` of a project."""
    test = project.test_scale
    median = project.source.distinct
    return Template(DATA.read_text()).substitute(
        title=project.title,
        classes=pprint.pformat(project.classes.names, width=110, compact=True),
        palette=pprint.pformat(project.classes.palette, width=110, compact=True),
        source_root=repr(project.source.root.as_posix()),
        source_suffix=repr(project.source.suffix),
        target_root=repr(project.target.root.as_posix()),
        target_suffix=repr(project.target.suffix),
        test_files=_test_files(project),
        test_scale=test,
        larger_scale=next_scale(test),
        target_size='{}x{}'.format(*project.target.size),
        source_scale=project.source_scale,
        source_size='{}x{}'.format(*project.source.size),
        crop_size=test[::-1],
        min_pixels=test[0] * test[1] // 128,
        median_distinct=median,
        min_distinct=max(1, round(0.8 * median)),
        largest_source=larger(project.source_scale),
        largest_target=larger(test),
        sigma=round(70 / 6 * max(test) / 2048, 1),  # the published one, for images of 2048 pixels
        kernel=2 * round(35 * max(test) / 2048) + 1,
        validation=_VALIDATION if project.validation else '',
        batch_size=project.batch_size,
    )


def _test_files(project: Project) -> str:
    if project.validation is None:
        return 'test_files = target_files  # without labels: testing writes predictions and measures nothing'
    folder, suffix = project.validation.root.as_posix(), project.validation.suffix
    return f'test_files = dict(source_files, data_root={folder!r}, img_suffix={suffix!r})  # of the target, labeled'


def files_of(project: Project, folder: Path) -> dict[str, str]:
    """Return the text of each file of a project by its path in the folder, which is where it will be."""
    base = os.path.relpath(SHIPPED / 'configs' / '_base_', folder)
    validated, optimized = project.validation is not None, 'optimization = ' in project.network.text
    files = {'_base_/data.py': data_text(project), '_base_/network.py': project.network.text}
    for method in project.methods:
        files[f'{method}.py'] = methods.config_text(method, project.name, base, validated, optimized)
    if validated:
        files['leaderboard.yml'] = methods.leaderboard_text(project.title, project.methods)
    return {**files, 'README.md': readme_text(project)}


def commands(project: Project) -> list[str]:
    """Return the commands that train the methods, in order."""
    return [f'python tools/train.py configs/{project.name}/{method}.py' for method in project.methods]


def readme_text(project: Project) -> str:
    """Return ``README.md`` of a project: what it has and what to run."""
    name, last = project.name, project.methods[-1]
    return Template(README.read_text()).substitute(
        title=f'{project.title[0].upper()}{project.title[1:]}',
        number=len(project.classes.names),
        network='the small network, from scratch' if project.network.url is None else project.network.name,
        check=f'python tools/check_data.py configs/{name}/{last}.py   # opens every file',
        train='\n'.join(commands(project)),
        last=(
            f'python benchmarks/adaptation.py --task configs/{name} --results work_dirs/{name}/results.csv   # compare'
            if project.validation
            else f'python tools/predict.py configs/{name}/{last}.py CHECKPOINT '
            f'{shlex.quote(project.target.root.as_posix())}/images --out predicted'
        ),
    )


def write_project(files: Mapping[str, str], folder: Path) -> dict[str, Any]:
    """Write the files of a project, all or none, after each config was read once.

    Args:
        files (Mapping[str, str]): Text by path.
        folder (Path): Is made.

    Returns:
        dict[str, Any]: The configs by their paths.

    Raises:
        FileExistsError: If the folder is there.
        OSError: If it cannot be written.
    """
    if folder.exists():
        raise FileExistsError(f'{folder} is there already: remove it, or choose another --name')
    temporary = folder.with_name(f'.{folder.name}.{os.getpid()}.tmp')
    try:
        for name, text in files.items():
            path = temporary / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        configs = {
            name: Config.fromfile(temporary / name) for name in files if '/' not in name and name.endswith('.py')
        }
        os.replace(temporary, folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return configs
