"""Procedural street scenes in the layouts of the published data sets."""

from mmuda.toy_data.generate import DOMAINS, write_toy_data

__all__ = ['DOMAINS', 'write_toy_data']
