"""Parts of ``tools/select_checkpoint.py``."""
