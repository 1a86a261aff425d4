"""Parts of ``tools/demo.py``."""
