"""Parts of ``tools/predict.py``."""
