"""Unsupervised domain adaptation for MMSegmentation 1.x.

Importing this package makes the installed stack work (:mod:`mmuda.compat`) and
registers every component in MMSegmentation's own registries, so that a config with
``custom_imports = dict(imports=['mmuda'], allow_failed_imports=False)`` is all that the
stock tools need.
"""

from mmuda import compat

compat.apply()

from mmuda import datasets, engine, evaluation, models  # noqa: E402, F401
from mmuda.version import __version__  # noqa: E402

__all__ = ['__version__']
