"""What the server of the forked processes imports before it forks the first."""

import gc

import mmuda  # noqa: F401  (makes the stack work)

# isort: split
import matplotlib.pyplot  # noqa: F401
import mmseg.visualization  # noqa: F401
import torch._dynamo  # noqa: F401  (as the two above, imported by a run when it starts)

import tests.helpers.tiny  # noqa: F401  (registers the hooks of the tests)
from tests.helpers.configs import parse_shipped_files_once

parse_shipped_files_once()
gc.collect()
gc.freeze()
