"""Packaging of mmuda."""

import re
from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent


def requirements(name: str) -> list[str]:
    """Return the entries of ``requirements/<name>.txt``."""
    lines = (ROOT / 'requirements' / f'{name}.txt').read_text().splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith('#')]


def version() -> str:
    """Return the version without importing the package."""
    return re.search(r"__version__ = '(.+)'", (ROOT / 'mmuda' / 'version.py').read_text()).group(1)


readme = ROOT / 'README.md'
setup(
    name='mmuda',
    version=version(),
    description='Unsupervised domain adaptation for MMSegmentation 1.x',
    long_description=readme.read_text() if readme.exists() else '',
    long_description_content_type='text/markdown',
    license='Apache-2.0',
    packages=find_packages(include=['mmuda', 'mmuda.*']),
    python_requires='>=3.10',
    # torch, mmcv, mmengine and mmsegmentation are the user's own, or one of the extras: see requirements/.
    install_requires=['kornia', 'numpy', 'pillow', 'scipy'],
    extras_require={name: requirements(name) for name in ('default', 'full', 'onedl', 'tests')},
)
