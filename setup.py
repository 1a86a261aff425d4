"""What pyproject.toml cannot say: a wheel carries the files that OpenMMLab's mim looks for in ``mmuda/.mim``."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent


class BuildWithShippedFiles(build_py):
    """Copy configs, tools and model-index.yml beside the modules; an editable install reads them where they are."""

    def run(self) -> None:
        """Build the modules, then copy."""
        super().run()
        if self.editable_mode:
            return
        folder = Path(self.build_lib, 'mmuda', '.mim')
        shutil.rmtree(folder, ignore_errors=True)  # of an earlier build
        for name in ('configs', 'tools'):
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns('__pycache__'))
        shutil.copy2(ROOT / 'model-index.yml', folder)


setup(cmdclass=dict(build_py=BuildWithShippedFiles))
