"""What the server of the forked processes imports before it forks the first."""

import gc

import tests.helpers.tiny  # noqa: F401  (imports torch, mmuda and registers the hooks of the tests)
from tests.helpers.configs import parse_shipped_files_once, write_plain_texts

parse_shipped_files_once()
write_plain_texts()
gc.collect()
gc.freeze()
