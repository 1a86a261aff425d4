"""Helpers that every other part may use: files, progress, the length of training, wrapped models."""
